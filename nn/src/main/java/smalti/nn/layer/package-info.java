/// The layers. Shapes are known when a layer is made; `forward` computes.
@NullMarked
package smalti.nn.layer;

import org.jspecify.annotations.NullMarked;
