"""The sentences of the page that do not depend on the numbers."""

from __future__ import annotations

from types import MappingProxyType

#: By section; `start`, `laws`, `again` and `columns` come before the experiments.
TEXT: MappingProxyType[str, str] = MappingProxyType(
    {
        "start": """# Reproduction

Example 3.4, Tables 1-5 and Figure 1 of Zhang, Nie and Tang, *Learning Polynomial Activation Functions for Deep \
Neural Networks* (2025), arXiv:2510.03682, computed again. This page is written by `momentsos reproduce --report`; \
no measured number in it is typed by hand.

The published experiments use the dense relaxation of order 3, GloptiPoly 3 and SeDuMi. Here the default is the \
[partial hierarchy](partial-hierarchy.md); `--method dense` takes the published relaxation, in a stated ball where \
one is needed. The global minimum does not depend on the method, and so neither do the errors, as long as the \
minimum is certified and its minimiser is unique. What differs is the time, and whether there is a certificate.""",
        "laws": """## The law of the data

The publication does not say how weights, inputs and true coefficients are drawn, and it gives one instance a row. \
So every row is drawn with several seeds, coefficients and noise as stated there (noise 1e-2 N(0, 1), one vector for \
the whole data set; coefficients N(0, 1)), and weights and inputs by these laws:

- `scaled`: weights N(0, 1)/√m, inputs N(0, 1). All layers then have values of the same size.
- `plain`: weights and inputs N(0, 1). Values grow from layer to layer, and the loss has terms that are orders \
of magnitude larger than the noise.
- `uniform` (only with `--law uniform`): weights N(0, 1), inputs uniform on [0, 1].

The errors of Tables 1-4 say how strongly the mean output depends on the coefficients, compared with the noise. That \
is a property of the law, not of the method: larger weights give smaller errors, so the published ones speak for \
weights that are not divided by √m. The test errors of Table 5 say besides how much single outputs differ from their \
mean: inputs with a mean other than zero give smaller ones.

As it is defined, the mean of the squared norms, the test error has a floor: the noise of the test pairs alone gives \
m/10⁴, that is 0.0025 in the second row, where 0.0026 is printed. So the learned network would equal the true one on \
single samples, though the loss controls their mean only; under the laws with inputs N(0, 1) our errors are far above \
that floor. Divided by m, as the mean over all entries of the outputs, ours and the printed ones are of the same size \
under these laws. So the reading under which one law, `plain`, gives Tables 1-4 and Table 5 is that Table 5 prints the \
mean over samples and outputs. That reading was picked after the fact, from three laws and two ways to take the mean; \
the tables show all six.""",
        "again": "The results are kept in `results/reproduce`, one file an instance; a second run only reads them.",
        "columns": """In the tables, our figures are the median over the seeds with the quartiles in brackets. \
*Certified* counts the instances whose status is `CERTIFIED`. *Tight* counts those of them whose relative gap is \
within the tolerance; the others are certified because their gap is below 1e-8 of the size of the data, which under \
the law `plain` can be more than the loss times the tolerance.""",
        "example34": """The data are exact, so the minimum is 0 and the coefficients are known: (1, 1, -2) and \
(1, -1) in ascending powers.""",
        "table5": """The test set has N fresh pairs with noise of its own for each pair; MSE is the mean of the \
squared Euclidean norms of the residuals. *MSE of the noise* is that of the true network: no method can be expected \
below it. The loss that is minimised sees only the mean of the residuals, so the minimiser fits the noise vector that \
all training pairs share, and that costs on fresh pairs. *MSE / m* and *RMSE / √m* are the same over an entry of the \
output; see above why the printed figures seem to be those. The printed RMSE is 0.87 to 1.00 times the root of the \
printed MSE.""",
        "figure1": """The first of the rows, seed 0. Left: every output entry of the residual on the test pairs; \
right: the norms of the residuals.""",
        "order3": """The published claim is that order 3 of the dense relaxation solves every instance. This solves it \
as it is published, without bounds on the variables, and again in a ball where the bounds do not meet (twice the norm \
of the best known point; the bound then covers the ball only). The first three seeds of the first row, without a \
time limit. Feasible points come from local search too, so *certified* is easier here than with the \
moments alone; *flat* is what the moments alone say. The feasible set is unbounded, and so are the \
moments that the relaxation leaves free: where the \
order fails without a ball, the solver ends with a bound that is not reached, or that is too inaccurate to tell.""",
    }
)
