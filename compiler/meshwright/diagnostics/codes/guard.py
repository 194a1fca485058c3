"""Codes of guardrails.  MW0501-MW0579 are answers; MW0580-MW0599 mean that we could not look: exit 2, never a pass."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0501", "guardrail", "a guardrail found something"),
    Code("MW0502", "policies-left", "policies of this run may be left on the OPA server"),
    Code("MW0503", "not-examined", "guardrails were not examined for mistakes that keep them silent"),
    Code("MW0504", "guardrail-test-failed", "a test of a guardrail fails"),
    Code("MW0505", "untested-guardrail", "a guardrail has no test in which it fires, or none in which it stays silent"),
    Code("MW0506", "unknown-guardrail", "there is no guardrail of this name"),
    Code("MW0507", "exempted", "a policy is not asked about some manifests, because an exception names it"),
    Code("MW0508", "expired-waiver", "a waiver is past its day"),
    Code("MW0509", "unused-waiver", "a waiver hides nothing"),
    Code("MW0510", "broad-waiver", "a waiver hides findings at many places"),
    Code("MW0512", "waived", "a finding that somebody answers for"),
    Code("MW0580", "engine-missing", "the Rego engine is not available"),
    Code("MW0581", "engine-failed", "the Rego engine broke down"),
    Code("MW0582", "engine-slow", "the guardrails did not finish in time"),
    Code("MW0583", "unknown-pack", "a guardrail pack does not exist, or lies outside the project"),
    Code("MW0584", "empty-pack", "a guardrail pack has nothing to evaluate"),
    Code("MW0585", "not-rego", "a file of a pack is not Rego v1"),
    Code("MW0586", "unknown-builtin", "a guardrail calls something that does not exist"),
    Code("MW0587", "unknown-field", "a guardrail reads something that is never there"),
    Code("MW0588", "misspelt-rule", "a rule looks like an entry rule, and nobody asks it"),
    Code("MW0589", "unsafe-rego", "Rego that real OPA refuses, or that never holds"),
    Code("MW0590", "evaluation-failed", "a guardrail could not be evaluated"),
    Code("MW0591", "wrong-result", "a guardrail answered with something that is no set of findings"),
    Code("MW0592", "server-failed", "the OPA server cannot be asked"),
    Code("MW0593", "pack-conflict", "two packs, or a pack and the server, share a name"),
    Code("MW0594", "unusable-data", "data for guardrails cannot be used"),
    Code("MW0596", "unusable-bundle", "a bundle of policies cannot be used"),
)
