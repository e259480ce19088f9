package smalti.dalle.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Describes one drawing of [ShapesData]: what it shows, in which colour, how large and where.
///
/// @param figure what is drawn
/// @param colour its colour, on white
/// @param size how large it is
/// @param place where its middle lies
public record Scene(Figure figure, Colour colour, Size size, Place place) {
  /// How many scenes there are: 8 figures, 8 colours, 3 sizes, 9 places.
  public static final int COUNT =
      Figure.values().length
          * Colour.values().length
          * Size.values().length
          * Place.values().length;

  /// Names what is drawn, and says for a point whether it belongs to it. Points are given from the
  /// middle, in units of the radius, `u` to the right and `v` downwards; all lie within ±1.
  public enum Figure {
    /// A disc.
    CIRCLE {
      @Override
      boolean covers(double u, double v) {
        return u * u + v * v <= 1;
      }
    },
    /// A square, a little smaller than the circle's box, so that the two are apart.
    SQUARE {
      @Override
      boolean covers(double u, double v) {
        return Math.max(Math.abs(u), Math.abs(v)) <= 0.86;
      }
    },
    /// A triangle that stands on its base.
    TRIANGLE {
      @Override
      boolean covers(double u, double v) {
        return v <= 0.85 && Math.abs(u) <= (v + 1) / 1.85;
      }
    },
    /// A square that stands on a corner.
    DIAMOND {
      @Override
      boolean covers(double u, double v) {
        return Math.abs(u) + Math.abs(v) <= 1;
      }
    },
    /// An upright cross with equal arms.
    CROSS {
      @Override
      boolean covers(double u, double v) {
        double across = Math.min(Math.abs(u), Math.abs(v));
        double along = Math.max(Math.abs(u), Math.abs(v));
        return across <= 0.32 && along <= 1;
      }
    },
    /// A circle with a hole.
    RING {
      @Override
      boolean covers(double u, double v) {
        double square = u * u + v * v;
        return square <= 1 && square >= 0.55 * 0.55;
      }
    },
    /// A star of five points, one of them up.
    STAR {
      @Override
      boolean covers(double u, double v) {
        // By symmetry every point has a twin between a tip (angle 0) and a notch (angle π/5).
        double turn = 2 * Math.PI / 5;
        double folded = Math.abs(floorMod(Math.atan2(u, -v) + turn / 2, turn) - turn / 2);
        double x = Math.hypot(u, v) * Math.cos(folded);
        double y = Math.hypot(u, v) * Math.sin(folded);
        double notchX = 0.45 * Math.cos(turn / 2);
        double notchY = 0.45 * Math.sin(turn / 2);
        return (1 - x) * notchY - (1 - notchX) * y >= 0;
      }
    },
    /// A heart: the curve (x² + y² - 1)³ = x² y³.
    HEART {
      @Override
      boolean covers(double u, double v) {
        double x = 1.18 * u;
        double y = -1.2 * v + 0.12;
        double rim = x * x + y * y - 1;
        return rim * rim * rim - x * x * y * y * y <= 0;
      }
    };

    abstract boolean covers(double u, double v);

    private static double floorMod(double a, double b) {
      return a - b * Math.floor(a / b);
    }

    /// Returns the word that captions use.
    public String word() {
      return Scene.word(this);
    }
  }

  /// Names a colour and gives its sRGB value.
  public enum Colour {
    /// `(220, 40, 40)`.
    RED(220, 40, 40),
    /// `(245, 140, 30)`.
    ORANGE(245, 140, 30),
    /// `(240, 210, 40)`.
    YELLOW(240, 210, 40),
    /// `(50, 160, 70)`.
    GREEN(50, 160, 70),
    /// `(60, 200, 210)`.
    CYAN(60, 200, 210),
    /// `(40, 80, 220)`.
    BLUE(40, 80, 220),
    /// `(140, 60, 180)`.
    PURPLE(140, 60, 180),
    /// `(30, 30, 30)`.
    BLACK(30, 30, 30);

    private final int[] rgb;

    Colour(int... rgb) {
      this.rgb = rgb;
    }

    /// Returns one channel in `[0, 1]`: 0 red, 1 green, 2 blue.
    public float channel(int channel) {
      return rgb[channel] / 255f;
    }

    /// Returns the word that captions use.
    public String word() {
      return Scene.word(this);
    }
  }

  /// Names how large the figure is; radii are shares of the picture's width.
  public enum Size {
    /// A radius of 5 pixels in 32.
    SMALL(5.0 / 32),
    /// A radius of 6.5 pixels in 32.
    MEDIUM(6.5 / 32),
    /// A radius of 8 pixels in 32.
    LARGE(8.0 / 32);

    private final double radius;

    Size(double radius) {
      this.radius = radius;
    }

    double radius() {
      return radius;
    }

    /// Returns the word that captions use.
    public String word() {
      return Scene.word(this);
    }
  }

  /// Names where the middle of the figure lies: a quarter, a half or three quarters of the way.
  public enum Place {
    /// The top left.
    TOP_LEFT(0.25, 0.25),
    /// The middle of the top.
    TOP(0.5, 0.25),
    /// The top right.
    TOP_RIGHT(0.75, 0.25),
    /// The middle of the left side.
    LEFT(0.25, 0.5),
    /// The middle.
    CENTRE(0.5, 0.5),
    /// The middle of the right side.
    RIGHT(0.75, 0.5),
    /// The bottom left.
    BOTTOM_LEFT(0.25, 0.75),
    /// The middle of the bottom.
    BOTTOM(0.5, 0.75),
    /// The bottom right.
    BOTTOM_RIGHT(0.75, 0.75);

    private final double x;
    private final double y;

    Place(double x, double y) {
      this.x = x;
      this.y = y;
    }

    double x() {
      return x;
    }

    double y() {
      return y;
    }

    /// Returns the words that captions use, such as `at the top left`.
    public String words() {
      return (this == CENTRE ? "in the " : "at the ") + Scene.word(this);
    }
  }

  /// Returns all scenes, in the order of their numbers.
  public static List<Scene> all() {
    List<Scene> scenes = new ArrayList<>(COUNT);
    for (Figure figure : Figure.values()) {
      for (Colour colour : Colour.values()) {
        for (Size size : Size.values()) {
          for (Place place : Place.values()) {
            scenes.add(new Scene(figure, colour, size, place));
          }
        }
      }
    }
    return List.copyOf(scenes);
  }

  /// Finds the scene that a caption describes, if it is one of [#caption()]'s.
  public static Optional<Scene> parse(String caption) {
    String wanted = String.join(" ", caption.toLowerCase(Locale.ROOT).strip().split("\\s+", -1));
    return all().stream().filter(scene -> scene.caption().equals(wanted)).findFirst();
  }

  /// Returns the scene's caption, such as `a small red circle at the top left`.
  public String caption() {
    return "a %s %s %s %s".formatted(size.word(), colour.word(), figure.word(), place.words());
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
