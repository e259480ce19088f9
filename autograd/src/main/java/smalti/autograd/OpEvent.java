package smalti.autograd;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/// Is what a flight recording says about one pass of an op. [Profile] makes it; nothing else may
/// name it, so that this class is not loaded where the module `jdk.jfr` is absent.
@Name("smalti.Op")
@Label("Op")
@Category("Smalti")
@Description("A forward or backward pass of a differentiable op")
@StackTrace(false)
final class OpEvent extends Event {
  @Label("Op")
  @Description("With its attributes, as in Conv2d[stride=1, padding=1]")
  String op = "";

  @Label("Pass")
  @Description("forward or backward")
  String pass = "";

  @Label("Input Shapes")
  String shapes = "";

  @Label("Result Shape")
  String result = "";
}
