/// Files of tensors.
///
/// - [smalti.tensor.io.SafeTensors] reads and writes the safetensors format, in which checkpoints
///   are kept; [smalti.tensor.io.SafeTensorsHeader] lists what a file holds without loading it.
/// - [smalti.tensor.io.TorchFile] reads what `torch.save` wrote, and runs nothing of it;
///   [smalti.tensor.io.TensorFile] opens a file of either kind.
/// - [smalti.tensor.io.AtomicFile] writes a file so that there is the old one or the new one, never
///   half of it.
///
/// What is wrong with a file is said by an [java.io.IOException] whose message is one sentence that
/// begins with the file's path.
@NullMarked
package smalti.tensor.io;

import org.jspecify.annotations.NullMarked;
