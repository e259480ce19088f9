/// The layers. Shapes are known when a layer is made; `forward` computes.
///
/// - [smalti.nn.layer.Layer] is a module from one variable to one variable. Begin with
///   [smalti.nn.layer.Linear], then [smalti.nn.layer.MultiHeadAttention].
/// - A constructor draws the parameters from the generator that it is given, each from a child
///   named after it, so that they do not depend on the order in which layers are made.
/// - What differs between training and use is in [smalti.nn.Pass]; a layer has no mode.
/// - [smalti.nn.layer.KeyValueCache] keeps what attention has seen, so that sampling computes each
///   position once.
///
/// Letters in shape comments: `B` batch, `T` positions, `C` channels, `H` heads, `D` width of a
/// head, `O` and `I` output and input channels.
@NullMarked
package smalti.nn.layer;

import org.jspecify.annotations.NullMarked;
