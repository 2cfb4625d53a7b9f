"""Bytes that are almost right: what is quite wrong is refused by the first check."""

from collections.abc import Iterator
from random import Random

from hypothesis import settings
from hypothesis import strategies as st

BATCH = 50  # inputs from one seed, where drawing one by one would take longer than the test itself
SEEDS = st.integers(0, 2**63)


def part_of_inputs(divisor: int) -> settings:
    """Settings of a test whose inputs take so many times as long as others'."""
    return settings(max_examples=max(1, settings().max_examples // divisor))


def mutated(*originals: bytes) -> st.SearchStrategy[bytes]:
    """One of `originals` after some edits, or any bytes."""
    return SEEDS.map(lambda seed: _edited(originals, Random(seed)))


def mutations(seed: int, *originals: bytes) -> Iterator[bytes]:
    """A batch of what `mutated` draws."""
    random = Random(seed)
    for _ in range(BATCH):
        yield _edited(originals, random)


def _edited(originals: tuple[bytes, ...], random: Random) -> bytes:
    if random.random() < 0.05:
        return random.randbytes(random.randrange(64))
    content = bytearray(random.choice(originals))
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(content))
        end = start + random.randint(1, 8)
        match random.choice(("replace", "flip", "insert", "delete", "repeat", "cut")):
            case "replace":
                content[start:end] = random.randbytes(end - start)
            case "flip" if start < len(content):
                content[start] ^= 1 << random.randrange(8)
            case "insert":
                content[start:start] = random.randbytes(end - start)
            case "delete":
                del content[start:end]
            case "repeat":
                content[start:start] = content[start : start + 64]
            case "cut" if random.random() < 0.3:  # more often, little else would be left to find
                del content[start:]
    return bytes(content)
