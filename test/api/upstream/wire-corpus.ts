/** Answers of an upstream that must not be believed, by what is wrong with them; each as it comes over the wire. */
const OK = "HTTP/1.1 200 OK\r\n";
const chunked = (chunks: string) => `${OK}Transfer-Encoding: chunked\r\n\r\n${chunks}`;
const withLength = (length: string) => `${OK}Content-Length: ${length}\r\n\r\nhello`;
const withHeader = (line: string) => `${OK}${line}\r\nContent-Length: 2\r\n\r\nhi`;
const withCoding = (coding: string) => `${OK}Transfer-Encoding: ${coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;

/** Refused before anything reaches the caller. */
export const BAD_HEADS: Readonly<Record<string, string>> = {
  "a status of two digits": "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
  "a status of four digits": "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
  "a status that begins with zero": "HTTP/1.1 020 OK\r\nContent-Length: 0\r\n\r\n",
  "another version": "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
  "another protocol": "ICY 200 OK\r\nContent-Length: 0\r\n\r\n",
  "two spaces behind the version": "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
  "an empty line ahead": `\r\n${OK}Content-Length: 0\r\n\r\n`,
  "a control character in the reason": "HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n",
  "a folded header": withHeader("ETag: one\r\n two"),
  "a header folded by a tab": withHeader("ETag: one\r\n\ttwo"),
  "a first header that is folded": `${OK} Content-Length: 2\r\n\r\nhi`,
  "a header without a colon": withHeader("ETag"),
  "a header without a name": withHeader(": x"),
  "a space ahead of the colon": withHeader("ETag : x"),
  "a line feed alone": withHeader("ETag: x\nX-Other: y"),
  "a carriage return alone": withHeader("ETag: x\rX-Other: y"),
  "a NUL in a value": withHeader("ETag: \0"),
  "a length and a coding": `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  "a coding and a length": `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  "two lengths": `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
  "the same length twice": `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  "a list of lengths": withLength("5, 5"),
  "a negative length": withLength("-5"),
  "a length with a sign": withLength("+5"),
  "a hexadecimal length": withLength("0x5"),
  "a length with a fraction": withLength("5.0"),
  "an empty length": withLength(""),
  "a length beyond exact numbers": withLength("1".repeat(16)),
  "a length of digits of another script": withLength("\u00b2"),
  "chunked twice": withCoding("chunked, chunked"),
  "two codings in two headers": withCoding("chunked\r\nTransfer-Encoding: chunked"),
  "chunked and then gzip": withCoding("chunked, gzip"),
  identity: withCoding("identity"),
  "chunked in disguise": withCoding("xchunked"),
  "chunked with a parameter": withCoding("chunked;q=1"),
  "an empty coding": withCoding(""),
  "100 unasked": `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 2\r\n\r\nhi`,
  "101 unasked": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  "hints without end": `${"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n".repeat(1_000)}${OK}Content-Length: 2\r\n\r\nhi`,
  "a head without end": `${OK}${"X: y\r\n".repeat(5_000)}`,
};

/** The caller's answer is cut, or never begins. */
export const BAD_BODIES: Readonly<Record<string, string>> = {
  "a chunk's size that is none": chunked("zz\r\nhello\r\n0\r\n\r\n"),
  "a chunk's size with a sign": chunked("+5\r\nhello\r\n0\r\n\r\n"),
  "a negative chunk's size": chunked("-5\r\nhello\r\n0\r\n\r\n"),
  "a chunk's size with a prefix": chunked("0x5\r\nhello\r\n0\r\n\r\n"),
  "a chunk's size with a space inside": chunked("5 5\r\nhello\r\n0\r\n\r\n"),
  "a chunk's size with a space ahead": chunked(" 5\r\nhello\r\n0\r\n\r\n"),
  "an empty chunk's size": chunked("\r\nhello\r\n0\r\n\r\n"),
  "a chunk's size beyond exact numbers": chunked(`${"f".repeat(14)}\r\nhello`),
  "a chunk's size that ends with a line feed alone": chunked("5\nhello\r\n0\r\n\r\n"),
  "a carriage return in an extension": chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"),
  "an extension without end": chunked(`5;${"x".repeat(2_000)}`),
  "extensions that outweigh their chunks": chunked(`${`1;${"x".repeat(900)}\r\nx\r\n`.repeat(40)}0\r\n\r\n`),
  "a chunk longer than its size": chunked("5\r\nhello!\r\n0\r\n\r\n"),
  "a chunk that ends with a line feed alone": chunked("5\r\nhello\n0\r\n\r\n"),
  "a trailer that is none": chunked("5\r\nhello\r\n0\r\nno trailer\r\n\r\n"),
  "a folded trailer": chunked("5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n"),
  "a trailer that ends with a line feed alone": chunked("5\r\nhello\r\n0\r\nX: a\n\r\n"),
  "a trailer without end": chunked(`5\r\nhello\r\n0\r\n${"X: y\r\n".repeat(5_000)}`),
};

/** Odd, but with one meaning: the body is hello. */
export const GOOD: Readonly<Record<string, string>> = {
  "no reason": "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
  "an empty reason": "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello",
  "a reason with high bytes": "HTTP/1.1 200 \xdcber\r\nContent-Length: 5\r\n\r\nhello",
  "blanks around a length": withLength(" \t5\t "),
  "zeros ahead of a length": withLength("0005"),
  "names in any case": `${OK}cOnTeNt-LeNgTh: 5\r\n\r\nhello`,
  "an empty header": `${OK}X-Empty:\r\nContent-Length: 5\r\n\r\nhello`,
  "a name that objects have": `${OK}__proto__: x\r\nconstructor: y\r\nContent-Length: 5\r\n\r\nhello`,
  "one chunk": chunked("5\r\nhello\r\n0\r\n\r\n"),
  "CHUNKED in capitals": `${OK}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  "chunks with extensions": chunked('2;a=b\r\nhe\r\n3 ; c="d e"\r\nllo\r\n0;last\r\n\r\n'),
  "a few long extensions": chunked(`5;${"x".repeat(900)}\r\nhello\r\n0;${"x".repeat(900)}\r\n\r\n`),
  "chunks with zeros ahead": chunked("0005\r\nhello\r\n000\r\n\r\n"),
  "chunks with trailers": chunked("5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"),
  "hints ahead": `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${withLength("5")}`,
};
