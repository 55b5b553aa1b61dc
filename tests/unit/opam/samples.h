/* Files in the opam format, good and bad: what the parser makes of them is in
 * tree_test.c, what opam does in judge_test.c. */
#ifndef REL_TESTS_OPAM_SAMPLES_H
#define REL_TESTS_OPAM_SAMPLES_H

#include <stdint.h>

struct good {
	const char *source;
	const char *tree; /* as dump.h writes it */
};

/* Expected trees by hand from opam-file-format's grammar. */
static const struct good goods[] = {
    {"", ""},
    {" \t\r\n# only a comment", ""},
    /* values */
    {"a: \"x\"", "(f a \"x\")"},
    {"a: b:c d {}", "(f a b:c) (s d)"},
    {"a: b", "(f a b)"},
    {"a:\"x\"b:1", "(f a \"x\") (f b #1)"},
    {"a: true b: false c: truer", "(f a true) (f b false) (f c truer)"},
    {"a: -12 b: 1_000", "(f a #-12) (f b #1000)"},
    {"a: 4611686018427387903", "(f a #4611686018427387903)"},
    {"a: -4611686018427387904", "(f a #-4611686018427387904)"},
    {"a: []", "(f a [])"},
    {"a: [ b \"c\" 1 [d] ]", "(f a [b \"c\" #1 [d]])"},
    {"a: (b)", "(f a (b))"},
    {"a: () b: (c d)", "(f a ()) (f b (c d))"},
    /* identifiers */
    {"a: _:name", "(f a _:name)"},
    {"a: a+b:c", "(f a a+b:c)"},
    {"a: _+_+x:y-z", "(f a _+_+x:y-z)"},
    {"a: [1a a1 -a a- 1-2]", "(f a [1a a1 -a a- #1 #-2])"},
    {"x-a_B-1: y", "(f x-a_B-1 y)"},
    {"a: [b:1c]", "(f a [b:1c])"},
    {"a: [a:b]", "(f a [a:b])"},
    /* strings */
    {"a: \"\"", "(f a \"\")"},
    {"a: \"\\n\\t\\b\\r\\\"\\\\\\'\\ \"", "(f a \"<0a><09><08><0d><22>\\' \")"},
    {"a: \"\\065\\255\\x41\\xfF\"", "(f a \"A<ff>A<ff>\")"},
    {"a: \"x\\\n   y\"", "(f a \"xy\")"},
    {"a: \"x\\\r\n \t y\"", "(f a \"xy\")"},
    {"a: \"x\ny\"", "(f a \"x<0a>y\")"},
    {"a: \"x\r\ny\"", "(f a \"x<0a>y\")"},
    {"a: \"x\ry\"", "(f a \"x<0d>y\")"},
    {"a: \"\xc3\xa9\xff\"", "(f a \"<c3><a9><ff>\")"},
    {"a: \"\"\"\"\"\"", "(f a \"\")"},
    {"a: \"\"\"x \"y\" \"\"z\"\"\"", "(f a \"x <22>y<22> <22><22>z\")"},
    {"a: \"\"\"\\\"\"\"\"", "(f a \"<22>\")"},
    {"a: [\"\"\"x\"\"\" \"y\"]", "(f a [\"x\" \"y\"])"},
    /* comments */
    {"a: b # c: d\ne: f", "(f a b) (f e f)"},
    {"(* (* x *) \" *) a: (* y *) b", "(f a b)"},
    {"(**)a: b", "(f a b)"},
    {"a: \"# (* no comment *)\"", "(f a \"# (* no comment *)\")"},
    /* operators */
    {"a: b & c | d & e | f", "(f a (| (| (& b c) (& d e)) f))"},
    {"a: b & c & d", "(f a (& (& b c) d))"},
    {"a: b = c & d != e", "(f a (& (= b c) (!= d e)))"},
    {"a: [b >= c d < e f > g h <= i]",
     "(f a [(>= b c) (< d e) (> f g) (<= h i)])"},
    {"a: [b = c = d]", "(f a [(= b c) (= d)])"},
    {"a: [(b) = c]", "(f a [(b) (= c)])"},
    {"a: >= b & < c", "(f a (& (>= b) (< c)))"},
    {"a: ~ b", "(f a (>= b))"},
    {"a: !b & !c", "(f a (& (! b) (! c)))"},
    {"a: !!b", "(f a (! (! b)))"},
    {"a: !b = c", "(f a (! (= b c)))"},
    {"a: ?b | c", "(f a (| (? b) c))"},
    {"a: !?b", "(f a (! (? b)))"},
    {"a: !(b | c) & d", "(f a (& (! ((| b c))) d))"},
    /* options */
    {"a: b {c}", "(f a (o b c))"},
    {"a: b {}", "(f a (o b))"},
    {"a: b {c d} {e}", "(f a (o (o b c d) e))"},
    {"a: [b c] {d}", "(f a (o [b c] d))"},
    {"a: (b | c) {d}", "(f a (o ((| b c)) d))"},
    {"a: b & c {d}", "(f a (& b (o c d)))"},
    {"a: b {c} & d", "(f a (& (o b c) d))"},
    {"a: b | c {d} & e", "(f a (| b (& (o c d) e)))"},
    {"a: !b {c}", "(f a (! (o b c)))"},
    {"a: b = c {d}", "(f a (o (= b c) d))"},
    {"a: >= b {c}", "(f a (o (>= b) c))"},
    {"a: [\"b\" {>= \"1\" & !c} \"d\"]",
     "(f a [(o \"b\" (& (>= \"1\") (! c))) \"d\"])"},
    /* environment updates */
    {"a: [b += c]", "(f a [(+= b c)])"},
    {"a: [[b = c] [d += e] [f =+ g] [h := i] [j =: k] [l =+= m]]",
     "(f a [[(= b c)] [(+= d e)] [(=+ f g)] [(:= h i)] [(=: j k)] "
     "[(=+= l m)]])"},
    {"a: b += c {d}", "(f a (o (+= b c) d))"},
    {"a: [b+=c]", "(f a [(+= b c)])"},
    /* sections */
    {"a {}", "(s a)"},
    {"a \"b\" {}", "(s a \"b\")"},
    {"a { b: c d \"e\" { f: g } }", "(s a (f b c) (s d \"e\" (f f g)))"},
    {"a: b c { d: e }", "(f a b) (s c (f d e))"},
    /* a brace after a value belongs to the value */
    {"a: b { c d }", "(f a (o b c d))"},
    /* versions of the format */
    {"opam-version: \"2.0\" opam-version: \"2.0\"",
     "(f opam-version \"2.0\") (f opam-version \"2.0\")"},
    {"a: b opam-version: \"2.0.5\"", "(f a b) (f opam-version \"2.0.5\")"},
    {"opam-version: \"2.1\" a: b", "(f opam-version \"2.1\") (f a b)"},
    {"s { opam-version: \"2.1\" } opam-version: \"2.0\"",
     "(s s (f opam-version \"2.1\")) (f opam-version \"2.0\")"},
};

struct bad {
	const char *source;
	uint32_t line, column;
	const char *text; /* part of the message */
};

static const struct bad bads[] = {
    {"a", 1, 2, "expected ':' or '{', found the end of the file"},
    {"a:b", 1, 4, "expected ':' or '{'"},
    {"a:", 1, 3, "expected a value, found the end of the file"},
    {"a: ]", 1, 4, "expected a value, found ']'"},
    {"a: [", 1, 5, "expected a value"},
    {"a: [b)", 1, 6, "found ')'"},
    {"a: (b]", 1, 6, NULL},
    {"a: b {c", 1, 8, NULL},
    {"a: b c", 1, 7, NULL},
    {"a: \"b\" \"c\"", 1, 8, "expected a field or section, found a string"},
    {"a: b }", 1, 6, "expected a field or section, found '}'"},
    {"a {", 1, 4, NULL},
    {"a \"b\" : c", 1, 7, "expected '{'"},
    {"\"a\": b", 1, 1, NULL},
    {"true: b", 1, 1, NULL},
    {"1: b", 1, 1, NULL},
    {"a: b &", 1, 7, NULL},
    {"a: & b", 1, 4, NULL},
    {"a: b = (c)", 1, 8, NULL},
    {"a: b = c = d", 1, 10, NULL},
    {"a: = = b", 1, 6, NULL},
    {"a: b += c += d", 1, 11, NULL},
    {"a: += b", 1, 4, NULL},
    {"a: b =:= c", 1, 6, "'=:='"},
    {"a: b + c", 1, 6, "unexpected character '+'"},
    {"a: \n  _", 2, 3, "'_' is not a number"},
    {"a: b {>= 4.08.1+x}", 1, 11, "is put in quotes, \"4.08.1+x\""},
    {"a: 4.", 1, 5, "unexpected character '.'"},
    {"a: b4.08", 1, 6, "unexpected character '.'"},
    {"a: -", 1, 4, "unexpected character '-'"},
    {"a: 4611686018427387904", 1, 4, "out of range"},
    {"a: -4611686018427387905", 1, 4, "out of range"},
    /* 2^64 + 4, and more digits than any number has */
    {"a: 18446744073709551620", 1, 4, "out of range"},
    {"a: 100000000000000000000000000000000000001", 1, 4, "out of range"},
    {"a: b\rc: d", 1, 5, "unexpected byte 0x0d"},
    {"\xef\xbb\xbf"
     "a: b",
     1, 1, "unexpected byte 0xef"},
    {"a: $b", 1, 4, "unexpected character '$'"},
    {"a: \"b", 1, 4, "unterminated string"},
    {"a: \"b\\", 1, 6, NULL},
    {"a: \"b\nc\n\nd", 1, 4, "unterminated string"},
    {"a: \"\"\"b\"\"", 1, 4, "unterminated string"},
    {"a: \"\"b\"", 1, 7, "unterminated string"},
    {"a: \"\n\\256\"", 2, 1, "illegal escape sequence"},
    {"a: \"\\12\"", 1, 5, "illegal escape sequence"},
    {"a: \"\\xg0\"", 1, 5, "illegal escape sequence"},
    {"a: \"\\a\"", 1, 5, "illegal escape sequence"},
    {"a: b (* (* *)", 1, 6, "unterminated comment"},
    {"a: b (*)", 1, 6, "unterminated comment"},
    {"(* a: \"*) *) a: b", 1, 11, NULL},
    {"opam-version: \"2.1\"\nopam-version: \"2.0\"", 2, 1, "repeated"},
    {"a: b\nopam-version: \"2.1~x\"", 2, 1, "must be the first"},
    {"opam-version: \"3.0\"\na: ^", 2, 4, "opam-version 3.0 is newer"},
};

#endif
