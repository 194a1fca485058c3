"""The guardrail packs that ship with Meshwright, as data: one folder of Rego a pack."""
