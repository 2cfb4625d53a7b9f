"""The thresholds of dlib's network on photographs, for where only drawn people could set them.

By `python pipelines/studies/lfw.py facenet-resnet`, the third step of `make lfw`: set on the people
of DevTrain and scored on those of DevTest. The numbers are those of reports/studies/lfw.json.
"""

from fivenets.faces import dlib_resnet
from fivenets.faces.calibration import Calibration
from fivenets.faces.embedder import Embedder
from fivenets.sources.origin import Kind

PEOPLE, PICTURES = 2129, 3438  # of DevTrain: they set the thresholds
OTHERS = 962  # of DevTest: `people` in reports/facenet/facenet-resnet/metrics.json, on the same set
TARGET_FAR, TARGET_FALSE_IDENTIFICATION = 0.001, 0.02
DATA_DIGEST = "eb9ef6adbac9659fde87606eeb8f079cc1e187f39e405d49f0100d95ad75a933"
# By whether a face's mirror image is taken as well.
MEASURED = {
    False: {
        "threshold": 0.539378,
        "threshold_sd": 0.001546,
        "far": 0.000743,
        "far_low": 0.000505,
        "far_high": 0.001078,
        "tar": 0.909091,
        "galleries": [
            (1, 0.629669),
            (2, 0.605706),
            (5, 0.575704),
            (10, 0.552546),
            (20, 0.530693),
            (50, 0.502678),
            (100, 0.484622),
            (200, 0.467551),
            (500, 0.44633),
            (1000, 0.434414),
        ],
        "strangers_named": [
            (1, 0.014075),
            (5, 0.013844),
            (20, 0.012675),
            (100, 0.012309),
            (500, 0.007359),
        ],
    },
    True: {
        "threshold": 0.527579,
        "threshold_sd": 0.001615,
        "far": 0.000753,
        "far_low": 0.000519,
        "far_high": 0.001079,
        "tar": 0.92952,
        "galleries": [
            (1, 0.617128),
            (2, 0.593429),
            (5, 0.563453),
            (10, 0.541231),
            (20, 0.519125),
            (50, 0.492449),
            (100, 0.47291),
            (200, 0.458019),
            (500, 0.43788),
            (1000, 0.422315),
        ],
        "strangers_named": [
            (1, 0.013855),
            (5, 0.013179),
            (20, 0.012274),
            (100, 0.01128),
            (500, 0.010563),
        ],
    },
}


def is_known(embedder: Embedder) -> bool:
    """Whether it is that network, trained no further and with its own weights."""
    known = (dlib_resnet.DLIB, dlib_resnet.QUANTISED)
    origins = embedder.sources
    return bool(origins) and all(
        one.asset in known and one.kind != Kind.UNTRAINED for one in origins
    )


def calibration(embedder: Embedder) -> Calibration:
    """What was measured of it."""
    measured = MEASURED[embedder.test_time_mirror]
    return Calibration(
        **measured,
        target_far=TARGET_FAR,
        data="LFW (measured beforehand)",
        data_digest=DATA_DIGEST,
        protocol=f"all pairs of {PICTURES:,} pictures",
        model_sha256=embedder.model_sha256,
        people=PEOPLE,
        scored_by=OTHERS,
        target_false_identification=TARGET_FALSE_IDENTIFICATION,
        false_identification=measured["strangers_named"][-1][1],
    )
