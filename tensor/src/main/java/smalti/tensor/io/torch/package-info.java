/// What lies inside a file of `torch.save`: two containers and a pickle, read without trust.
///
/// [smalti.tensor.io.torch.TorchArchive] opens either container. Its pickle goes through
/// [smalti.tensor.io.torch.Unpickler], which builds [smalti.tensor.io.torch.Pickled] values and
/// asks [smalti.tensor.io.torch.Allowed] what each class or function may mean; nothing else is let
/// in. [smalti.tensor.io.torch.TensorNames] then finds the tensors in them, and every size, stride
/// and offset is checked against the file before numbers are read
/// ([smalti.tensor.io.torch.StoredTensor]).
@NullMarked
package smalti.tensor.io.torch;

import org.jspecify.annotations.NullMarked;
