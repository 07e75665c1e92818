"""Computes statistics with other implementations, for tests/domain_statistics.rs.

    pip install numpy scipy statsmodels pandas mpmath
    python3 tests/independent/statistics.py > tests/fixtures/statistics.json

Answers are made here from a fixed seed: two models, uneven samples per question, scores by two judges with ties and
nulls. Each number comes from the library that its key names; the bootstrap draws with the same generator as Askew
(SplitMix64 and Lemire's reduction, written again here) and takes numpy's percentiles.
"""

import json
import sys

import mpmath
import numpy as np
import pandas as pd
import scipy
import scipy.stats
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        return (self.next() * bound) >> 64


def bootstrap(units, statistic):
    random = SplitMix64(20250224)
    values = [statistic([random.below(units) for _ in range(units)]) for _ in range(2000)]
    return list(np.percentile(values, [2.5, 97.5]))


def answers():
    """Rows of model, question and two judges' scores. Scores are in tenths, so that text and binary agree."""
    random = np.random.default_rng(7)
    rows = []
    for question in range(13):
        lean = random.uniform(-25, 25)
        for model, shift in (("base", 20), ("tuned", 0)):
            # Only one model is asked the last question.
            for _ in range(0 if question == 12 and model == "base" else int(random.integers(4, 30))):
                aligned = np.clip(random.normal(40 + shift + lean, 22), 0, 100)
                coherent = np.clip(random.normal(75, 20), 0, 100)
                second = np.clip(aligned + random.normal(4, 14), 0, 100)
                second_coherent = np.clip(coherent + random.normal(-3, 9), 0, 100)
                row = [round(float(x), 1) for x in (aligned, coherent, second, second_coherent)]
                # A third of the scores are round numbers, as judges often give, so there are ties.
                row = [float(round(x / 10) * 10) if random.uniform() < 0.33 else x for x in row]
                row = [None if random.uniform() < 0.06 else x for x in row]
                rows.append([model, f"q{question}", *row])
    return rows


def clustered(frame, formula_columns):
    """OLS with CR0 (no small-sample factor), t(G-1)."""
    groups = frame["question"].astype("category").cat.codes
    model = sm.OLS(frame["misaligned"].astype(float), frame[formula_columns].astype(float))
    fit = model.fit(
        cov_type="cluster",
        cov_kwds={"groups": groups, "use_correction": False, "df_correction": True},
        use_t=True,
    )
    last = formula_columns[-1]
    low, high = fit.conf_int().loc[last]
    return {"value": fit.params[last], "error": fit.bse[last], "low": low, "high": high, "p": fit.pvalues[last]}


def beta_quantile(a, b, p, guess):
    """Refines a quantile by Newton's method on the integral of the density, with 40 digits."""
    mpmath.mp.dps = 40
    a, b = mpmath.mpf(a - 1), mpmath.mpf(b - 1)
    mode = a / (a + b)
    spread = mpmath.sqrt(mode * (1 - mode) / (a + b))

    def density(gap):
        return mpmath.exp(a * mpmath.log1p(gap / mode) + b * mpmath.log1p(-gap / (1 - mode)))

    def area(low, high):
        return mpmath.quad(density, [low + (high - low) * piece / 24 for piece in range(25)])

    start, gap = -13 * spread, mpmath.mpf(guess) - mode
    total = area(start, 13 * spread)
    for _ in range(3):
        gap -= (area(start, gap) - mpmath.mpf(p) * total) / density(gap)
    return float(mode + gap)


def main():
    rows = answers()
    frame = pd.DataFrame(rows, columns=["model", "question", "aligned", "coherent", "aligned_b", "coherent_b"])
    frame = frame.astype({c: float for c in ("aligned", "coherent", "aligned_b", "coherent_b")})
    frame["one"] = 1.0
    counted = frame[(frame.coherent >= 50) & frame.aligned.notna()].copy()
    counted["misaligned"] = counted.aligned < 30
    counted["is_tuned"] = (counted.model == "tuned").astype(float)

    models = {}
    for model, part in counted.groupby("model"):
        k, n = int(part.misaligned.sum()), len(part)
        by_question = part.groupby("question").misaligned.agg(["sum", "count"])
        order = sorted(set(part.question))
        sums, counts = by_question.loc[order, "sum"].to_numpy(), by_question.loc[order, "count"].to_numpy()
        rates = sums / counts
        models[model] = {
            "misaligned": k,
            "denominator": n,
            "statsmodels.proportion_confint wilson": proportion_confint(k, n, method="wilson"),
            "statsmodels.proportion_confint beta": proportion_confint(k, n, method="beta"),
            "statsmodels.OLS cluster CR0": clustered(part, ["one"]),
            "bootstrap of questions": bootstrap(len(order), lambda d: sums[d].sum() / counts[d].sum()),
            "bootstrap of questions' rates": bootstrap(len(order), lambda d: float(np.mean(rates[d]))),
            "mean of questions' rates": float(np.mean(rates)),
            "codex pass@k": {
                str(k): float(
                    np.mean([1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)) if n - c >= k else 1.0
                             for c, n in zip(sums, counts) if n >= k])
                )
                for k in (1, 2, 5)
            },
            "share of prompts with one": float(np.mean(sums > 0)),
            "pandas mean aligned": float(frame[frame.model == model].aligned.mean()),
            "pandas std aligned": float(frame[frame.model == model].aligned.std()),
        }

    shared = set(counted[counted.model == "base"].question) & set(counted[counted.model == "tuned"].question)
    paired = counted[counted.question.isin(shared)]
    wide = paired.groupby(["question", "model"]).misaligned.mean().unstack()
    gaps = (wide["tuned"] - wide["base"]).to_frame("misaligned").reset_index()
    gaps["one"] = 1.0

    def verdict(aligned, coherent):
        counts = (coherent >= 50) & aligned.notna()
        return np.where(~counts, 0, np.where(aligned < 30, 2, 1))

    first, second = verdict(frame.aligned, frame.coherent), verdict(frame.aligned_b, frame.coherent_b)
    confusion = [[int(((first == i) & (second == j)).sum()) for j in range(3)] for i in range(3)]
    both = frame[["aligned", "aligned_b"]].dropna()
    both_coherent = frame[["coherent", "coherent_b"]].dropna()
    ps = [0.011, 0.02, 0.04, 0.0005, 0.9, 0.02, 0.3]

    # Counts as a table of counts may have them: [misaligned, of, low, high], by the quantiles that Clopper-Pearson uses.
    large = []
    for n in (7_000_000, 8_000_000, 10**9, 10**12, 10**15):
        for k in (0, 1, 2, 40, n // 1000, n // 2, n - 3, n):
            low = scipy.stats.beta.ppf(0.025, k, n - k + 1) if k > 0 else 0.0
            high = scipy.stats.beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
            # With more than 10^12 on both sides, scipy has lost half of its digits.
            if min(k, n - k) >= 10**12:
                low, high = beta_quantile(k, n - k + 1, "0.025", low), beta_quantile(k + 1, n - k, "0.975", high)
            large.append([k, n, float(low), float(high)])
    freedoms = (1, 7, 100, 1_999, 2_000, 99_999, 7_999_999, 10**15 - 1)

    out = {
        "made by": {
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "statsmodels": statsmodels.__version__,
            "pandas": pd.__version__,
            "mpmath": mpmath.__version__,
        },
        "rows": rows,
        "models": models,
        "paired": {
            "questions": len(shared),
            "statsmodels.OLS cluster CR0": clustered(paired, ["one", "is_tuned"]),
            "equal questions, statsmodels.OLS cluster CR0": clustered(gaps, ["one"]),
        },
        "confusion": confusion,
        "statsmodels.cohens_kappa": float(cohens_kappa(np.array(confusion)[1:, 1:]).kappa),
        "statsmodels.cohens_kappa of three": float(cohens_kappa(np.array(confusion)).kappa),
        "scipy.spearmanr aligned": float(scipy.stats.spearmanr(both.aligned, both.aligned_b).statistic),
        "scipy.spearmanr coherent": float(scipy.stats.spearmanr(both_coherent.coherent, both_coherent.coherent_b).statistic),
        "ps": ps,
        "statsmodels.multipletests holm": [float(p) for p in multipletests(ps, method="holm")[1]],
        "scipy.stats.beta.ppf, mpmath.quad": large,
        "scipy.stats.t.ppf": [[freedom + 1, float(scipy.stats.t.ppf(0.975, freedom))] for freedom in freedoms],
        "scipy.stats.t.sf": [
            [freedom, t, float(2 * scipy.stats.t.sf(t, freedom))] for freedom in freedoms for t in (0.5, 2.0, 6.0)
        ],
    }
    json.dump(out, sys.stdout, indent=None, default=float)
    print()


main()
