"""Metrics as scikit-learn and SciPy have them. Also needs `pip install scikit-learn` (made with 1.9.1, SciPy 1.17.1).

Writes tests/fixtures/metrics.json:

classification  `gold` and `predicted` of `classes`, and accuracy, f1 (macro), f1ByClass, matthews, and of two classes
                `binaryF1`, that of class 1, which GLUE has for MRPC and QQP.
regression      `gold` and `predicted`, and pearson, spearman; with ties and without.
multiLabel      `gold` and `predicted`, [texts][labels], and exact (accuracy_score), microF1, macroF1, f1ByLabel.
quantiles       `values`, and by `shares` what numpy.quantile says.
"""

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from fixture import FIXTURES, write_json

rng = np.random.default_rng(11)


def classification(classes: int, size: int, right: float) -> dict:
    gold = rng.integers(0, classes, size)
    gold[:classes] = np.arange(classes)
    predicted = np.where(rng.random(size) < right, gold, rng.integers(0, classes, size))
    return {
        "classes": classes,
        "gold": gold.tolist(),
        "predicted": predicted.tolist(),
        "accuracy": accuracy_score(gold, predicted),
        "f1": f1_score(gold, predicted, average="macro"),
        "f1ByClass": f1_score(gold, predicted, average=None).tolist(),
        "matthews": float(matthews_corrcoef(gold, predicted)),
        **({"binaryF1": f1_score(gold, predicted)} if classes == 2 else {}),
    }


def regression(size: int, digits: int) -> dict:
    gold = np.round(rng.uniform(0, 5, size), digits)
    predicted = np.round(gold + rng.normal(0, 1, size), digits)
    return {
        "gold": gold.tolist(),
        "predicted": predicted.tolist(),
        "pearson": float(pearsonr(gold, predicted).statistic),
        "spearman": float(spearmanr(gold, predicted).statistic),
    }


def multi_label(size: int, labels: int) -> dict:
    gold = (rng.random((size, labels)) < 0.3).astype(int)
    gold[:, -1] = 0  # a label that nothing has
    predicted = np.where(rng.random((size, labels)) < 0.8, gold, 1 - gold)
    predicted[:, -1] = 0

    def f1(average):
        return f1_score(gold, predicted, average=average, zero_division=0)

    return {
        "gold": gold.tolist(),
        "predicted": predicted.tolist(),
        "exact": accuracy_score(gold, predicted),
        "microF1": f1("micro"),
        "macroF1": f1("macro"),
        "f1ByLabel": f1(None).tolist(),
    }


def main() -> None:
    values = rng.normal(0, 1, 11).round(3)
    shares = [0.025, 0.5, 0.975]
    write_json(
        FIXTURES / "metrics.json",
        {
            "classification": [classification(2, 60, 0.6), classification(2, 40, 0.1), classification(5, 80, 0.5)],
            "regression": [regression(40, 6), regression(40, 0)],
            "multiLabel": [multi_label(30, 4)],
            "quantiles": {
                "values": values.tolist(),
                "shares": shares,
                "quantiles": np.quantile(values, shares).tolist(),
            },
        },
    )


if __name__ == "__main__":
    main()
