"""What one record type costs at import, by style: the evidence of docs/decisions/0001-records.md."""

import time

FIELDS = "\n    a: int\n    b: str\n    c: tuple\n    d: str = ''\n    e: int = 0\n"
STYLES = {
    "meshwright.record.NamedTuple": ("from meshwright.record import NamedTuple\n", "class A{i}(NamedTuple):"),
    "NamedTuple": ("from typing import NamedTuple\n", "class A{i}(NamedTuple):"),
    "dataclass(frozen=True)": ("from dataclasses import dataclass\n", "@dataclass(frozen=True)\nclass A{i}:"),
    "dataclass(frozen=True, slots=True)": ("from dataclasses import dataclass\n", "@dataclass(frozen=True, slots=True)\nclass A{i}:"),
}


def main() -> None:
    figures = {}
    for name, (head, line) in STYLES.items():
        code = compile(head + "\n".join(line.format(i=i) + FIELDS for i in range(100)), name, "exec")
        rounds = []
        for _ in range(7):
            start = time.process_time()
            exec(code, {"__name__": "records"})  # noqa: S102
            rounds.append(time.process_time() - start)
        figures[name] = sorted(rounds)[3] * 10
    for name, figure in figures.items():
        print(f"{figure:6.2f} ms a class  {figure / figures['NamedTuple']:5.1f} x  {name}")


if __name__ == "__main__":
    main()
