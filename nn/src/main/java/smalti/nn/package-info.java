/// Neural networks: modules with named parameters, the state they are saved by, losses, and
/// Gumbel-softmax sampling.
///
/// - [smalti.nn.Module] is a tree of named parts; parameter names are those of PyTorch, so that
///   states compare by name.
/// - [smalti.nn.Pass] says whether a forward pass trains and where its random numbers come from.
/// - `smalti.nn.layer` holds the layers, `smalti.nn.init` the initialisers, `smalti.nn.optim` the
///   optimisers and schedules.
///
/// Letters in shape comments: `B` batch, `T` positions, `C` channels, `H` heads, `D` width of a
/// head, `K` classes.
@NullMarked
package smalti.nn;

import org.jspecify.annotations.NullMarked;
