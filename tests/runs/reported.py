"""A row of the results and the decision that it is of, as several tests have them."""

from fivenets.runs.decision import Decision

DECISION = Decision(
    name="nets",
    task="classification",
    metric="accuracy",
    minimum=0.9,
    candidates={"net": 0.975},
    best="net",
    passed=True,
)
ROW = {
    "model": "net",
    "registered": "nets",
    "parameters": "23,718",
    "data": "signs (mirror)",
    "metric": "accuracy",
    "scored_on": "signs (mirror)",
    "course": "0.783",
    "published": "0.9 (Doe 2020)",
    "ours": "0.975 [0.929, 0.991]",
    "also": "0.960 [0.866, 0.989] on the 50 without a near-duplicate",
    "seeds": "0.964 ± 0.013, 3 seeds",
    "training": "72 s",
    "commit": "0123456789",
    "gate": "champion",
}
