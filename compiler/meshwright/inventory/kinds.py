"""Which kinds mean what.  A new kind that runs pods or routes traffic gets a line here and a module that reads it."""

NAMESPACE = ("", "Namespace")
SERVICE = ("", "Service")
SERVICE_ACCOUNT = ("", "ServiceAccount")
INGRESS = (("networking.k8s.io", "Ingress"), ("extensions", "Ingress"))

# (group, kind) -> fields from the object down to the pod template
WORKLOADS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}

# Istio, Gateway API and its experimental group, network policy of the mesh by extension.
FOREIGN_SUFFIXES = ("istio.io", "gateway.networking.k8s.io", "gateway.networking.x-k8s.io", "inference.networking.k8s.io")

_BELOW = tuple(["." + suffix for suffix in FOREIGN_SUFFIXES])

KUSTOMIZE_GROUP = "kustomize.config.k8s.io"

# Neither run pods nor lead traffic anywhere.  NetworkPolicy only narrows what the mesh allows; EndpointSlice and
# Endpoints are not here: they lead traffic by hand.
IGNORED_GROUPS = (
    "rbac.authorization.k8s.io",
    "policy",
    "autoscaling",
    "storage.k8s.io",
    "scheduling.k8s.io",
    "apiextensions.k8s.io",
    "admissionregistration.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "snapshot.storage.k8s.io",
    "metrics.k8s.io",
    "resource.k8s.io",
    "cert-manager.io",
    "acme.cert-manager.io",
    "external-secrets.io",
    "bitnami.com",
)
IGNORED_KINDS = (
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "LimitRange"),
    ("", "ResourceQuota"),
    ("", "Event"),
    ("", "Node"),
    ("", "PodTemplate"),
    ("", "Binding"),
    ("", "ComponentStatus"),
    ("apps", "ControllerRevision"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("networking.k8s.io", "IngressClass"),
    ("apiregistration.k8s.io", "APIService"),
    ("monitoring.coreos.com", "ServiceMonitor"),
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("monitoring.coreos.com", "Probe"),
)

CLUSTER_SCOPED = (
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("", "ComponentStatus"),
    ("gateway.networking.k8s.io", "GatewayClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("networking.k8s.io", "IngressClass"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("node.k8s.io", "RuntimeClass"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("cert-manager.io", "ClusterIssuer"),
    ("external-secrets.io", "ClusterSecretStore"),
    ("external-secrets.io", "ClusterExternalSecret"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
)


def group_of(api_version: str) -> str:
    """The API group: "" for the core group."""
    return api_version.rpartition("/")[0]


def is_foreign(group: str) -> bool:
    """Whether objects of ``group`` decide over traffic in the mesh: Istio's, its extensions', Gateway API's."""
    return group in FOREIGN_SUFFIXES or group.endswith(_BELOW)


def is_ignored(group: str, kind: str) -> bool:
    """Whether the kind is known to have no meaning for the mesh."""
    return group in IGNORED_GROUPS or (group, kind) in IGNORED_KINDS
