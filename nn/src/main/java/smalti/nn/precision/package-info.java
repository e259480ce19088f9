/// Numbers of 16 bits, emulated to the bit on 32-bit floats, and what keeps a training in them from
/// losing its gradients (Ramesh et al. 2021, section 2.4 and appendix D).
///
/// [smalti.nn.precision.FloatFormat] rounds to a format; [smalti.nn.precision.RoundTo],
/// [smalti.nn.precision.EnterBranch] and [smalti.nn.precision.LeaveBranch] are ops for the inside
/// and the ends of a residual branch; [smalti.nn.precision.GradientScales] holds a branch's scale
/// and its rule; [smalti.nn.precision.ExponentHistogram] shows where numbers lie.
@NullMarked
package smalti.nn.precision;

import org.jspecify.annotations.NullMarked;
