"""Concrete requests judged in one process: reading a question, deciding, writing the answer, against reading and writing alone."""

import json
import random
import tempfile
from pathlib import Path
from time import process_time

from tests.support import random_worlds
from tests.support.decided import accepted, judged

WORLDS, QUESTIONS, ROUNDS = 6, 4000, 5


def measure() -> tuple[float, float]:
    """CPU of deciding, as a multiple of `json` loading each question and dumping an answer; and answers in a second of CPU."""
    deciding, passing, asked = 0.0, 0.0, 0
    with tempfile.TemporaryDirectory(prefix="meshwright-bench-") as folder:
        for number in range(WORLDS):
            seed = f"bench-{number}"
            objects = accepted(random_worlds.objects(seed), Path(folder, f"{number}-all"))
            answers = judged(objects, Path(folder, str(number))).value
            assert answers is not None
            questions = [*random_worlds.questions(seed, QUESTIONS // 2), *random_worlds.connections(seed, QUESTIONS // 2)]
            random.Random(seed).shuffle(questions)
            lines = [json.dumps(one) for one in questions]
            best = [1e9, 1e9]
            for _ in range(ROUNDS):
                start = process_time()
                for line in lines:
                    json.dumps(answers(json.loads(line)), sort_keys=True)
                middle = process_time()
                for line in lines:
                    json.loads(line)
                    json.dumps({"decision": "allow", "by": "allow", "status": 200}, sort_keys=True)
                end = process_time()
                best = [min(best[0], middle - start), min(best[1], end - middle)]
            deciding, passing, asked = deciding + best[0], passing + best[1], asked + len(lines)
    return deciding / passing, asked / deciding
