/// The acceptance tests that the facts about the paper ask for, one a test method, numbered as
/// there; each says in its comment what it holds. Most of what they touch is tested more closely
/// where it lives.
@NullMarked
package smalti.tests.acceptance;

import org.jspecify.annotations.NullMarked;
