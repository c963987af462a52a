import numpy as np
import pytest

from recommender.shrinkage import posterior_means

FAMILIES = np.array([0, 0, 1, 1, 1, 2])
ROOT, FAMILY, TECHNIQUE = np.array([1.0, 0.5, 0.5]), np.array([0.2, 0.1, 0.1]), np.array([0.3, 0.1, 0.2])


def tree(precision, response):
    return posterior_means(
        precision,
        response,
        FAMILIES,
        root_variance=ROOT,
        family_variance=FAMILY,
        technique_variance=TECHNIQUE,
    )


def dense(precision, response):
    """The same posterior from one large system of equations over all coefficients."""
    techniques, size = response.shape
    total = np.zeros((10, size, 10, size))  # the root, three families, six techniques
    target = np.zeros((10, size))
    total[0, :, 0, :] += np.diag(1.0 / ROOT)
    edges = [(0, 1 + family, FAMILY) for family in range(3)]
    edges += [(1 + FAMILIES[number], 4 + number, TECHNIQUE) for number in range(techniques)]
    for parent, child, variance in edges:
        for one, other, sign in (
            (parent, parent, 1),
            (child, child, 1),
            (parent, child, -1),
            (child, parent, -1),
        ):
            total[one, :, other, :] += sign * np.diag(1.0 / variance)
    for number in range(techniques):
        total[4 + number, :, 4 + number, :] += precision[number]
        target[4 + number] += response[number]
    means = np.linalg.solve(total.reshape(10 * size, -1), target.ravel()).reshape(10, size)
    return means[0], means[4:]


@pytest.mark.parametrize("seed", range(5))
def test_the_tree_gives_the_exact_joint_posterior(seed):
    random = np.random.default_rng(seed)
    precision, response = np.zeros((6, 3, 3)), np.zeros((6, 3))
    for number in range(6):
        features, rewards = random.normal(size=(number, 3)), random.normal(size=number)
        precision[number], response[number] = features.T @ features, features.T @ rewards
    for ours, theirs in zip(tree(precision, response), dense(precision, response), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_without_data_all_is_zero():
    root, techniques = tree(np.zeros((6, 3, 3)), np.zeros((6, 3)))
    assert not root.any()
    assert not techniques.any()


def test_a_technique_that_nobody_met_counts_like_its_family():
    precision, response = np.zeros((6, 3, 3)), np.zeros((6, 3))
    precision[0, 0, 0], response[0, 0] = 50.0, 50.0
    root, techniques = tree(precision, response)
    assert techniques[0, 0] > techniques[1, 0] > techniques[2, 0] == pytest.approx(root[0])
