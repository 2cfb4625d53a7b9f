"""One view of a test picture against the mean of ten, by trained models: `views.py [MODEL...]`.

Of SIGNS' own test pictures and of the hands of people who were not trained on. Nothing is trained
or chosen; the test pictures are those of the results.
"""

import numpy as np

from fivenets.classification import answers, views
from fivenets.classification.classifier import Classifier
from fivenets.classification.evaluation import accuracy_with_interval
from fivenets.core import candidates, stage
from fivenets.core.words import interval
from fivenets.datasets.classification import prepared

MODELS, SECTIONS = ("signs-assignment", "signs-compact"), ("classification", "hands")


def main(*names: str) -> None:
    for section in SECTIONS:
        data = prepared.of_section(section)
        chosen = answers.new_people(data, "test")
        for name in names or MODELS:
            classifier = Classifier.from_file(candidates.find(name).file)
            images, labels = data.at(classifier.image_size).arrays("test")
            one, ten = (
                ask(images[chosen]).argmax(axis=1) == labels[chosen]
                for ask in (
                    classifier.probabilities,
                    lambda shown, of=classifier: views.probabilities(of, shown),
                )
            )
            print(
                f"{name} on {section}: {interval(accuracy_with_interval(one))} by one view, "
                f"{interval(accuracy_with_interval(ten))} by ten; of {len(one)} pictures "
                f"{np.sum(ten & ~one)} won and {np.sum(one & ~ten)} lost",
                flush=True,
            )


if __name__ == "__main__":
    stage.run(main)
