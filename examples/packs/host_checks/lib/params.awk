# Turns action parameters on stdin into shell assignments on stdout, one `P_<name>='value'` per parameter.
#
# Input is either dotenv (`name='value'`, a quote inside written '\'') or one JSON object. Only scalars with an identifier
# as name are passed on: nested values and empty or null ones are left out, so that the caller's defaults stand.
# Every value is quoted anew, which is what makes the result safe to evaluate.

{ text = text $0 "\n" }

END {
    quote = sprintf("%c", 39)
    pos = 1
    skip_space()
    if (pos > length(text)) exit 0
    if (peek() == "{") {
        read_object(1)
        skip_space()
        if (pos <= length(text)) refuse("text after the JSON object")
    } else {
        read_dotenv()
    }
}

function refuse(why) {
    print "parameters: " why " at character " pos | "cat 1>&2"
    close("cat 1>&2")
    exit 2
}

function peek() { return substr(text, pos, 1) }

function skip_space() {
    while (pos <= length(text) && index(" \t\r\n", peek()) > 0) pos++
}

function emit(name, value) {
    if (value == "" || name !~ /^[A-Za-z_][A-Za-z0-9_]*$/) return
    gsub(quote, quote "\\" quote quote, value)
    print "P_" name "=" quote value quote
}

function read_object(depth,    name, value) {
    pos++
    skip_space()
    if (peek() == "}") { pos++; return }
    while (1) {
        skip_space()
        if (peek() != "\"") refuse("a member name was expected")
        name = read_string()
        skip_space()
        if (peek() != ":") refuse("`:` was expected")
        pos++
        value = read_value(depth + 1)
        if (depth == 1 && kind != "nested") emit(name, value)
        skip_space()
        if (peek() == ",") { pos++; continue }
        if (peek() == "}") { pos++; return }
        refuse("`,` or `}` was expected")
    }
}

function read_array(depth) {
    pos++
    skip_space()
    if (peek() == "]") { pos++; return }
    while (1) {
        read_value(depth + 1)
        skip_space()
        if (peek() == ",") { pos++; continue }
        if (peek() == "]") { pos++; return }
        refuse("`,` or `]` was expected")
    }
}

# Sets `kind` to "scalar" or "nested"; a nested value is read over and returned as "".
function read_value(depth,    c, word) {
    if (depth > 64) refuse("nesting deeper than 64 levels")
    skip_space()
    c = peek()
    if (c == "{") { read_object(depth); kind = "nested"; return "" }
    if (c == "[") { read_array(depth); kind = "nested"; return "" }
    kind = "scalar"
    if (c == "\"") return read_string()
    word = ""
    while (pos <= length(text) && peek() ~ /[-+.0-9A-Za-z]/) { word = word peek(); pos++ }
    if (word == "null") return ""
    if (word == "true" || word == "false") return word
    if (word ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) return word
    refuse("a value was expected")
}

function read_string(    out, c) {
    out = ""
    pos++
    while (1) {
        if (pos > length(text)) refuse("unclosed string")
        c = peek()
        pos++
        if (c == "\"") return out
        if (c != "\\") { out = out c; continue }
        c = peek()
        pos++
        if (c == "n") out = out "\n"
        else if (c == "t") out = out "\t"
        else if (c == "r") out = out "\r"
        else if (c == "b") out = out sprintf("%c", 8)
        else if (c == "f") out = out sprintf("%c", 12)
        else if (c == "u") out = out utf8(read_code_point())
        else if (c != "" && index("\"\\/", c) > 0) out = out c
        else refuse("unknown escape")
    }
}

function read_code_point(    high, low) {
    high = read_hex4()
    if (high < 55296 || high > 57343) return high
    if (high > 56319 || substr(text, pos, 2) != "\\u") refuse("lone surrogate")
    pos += 2
    low = read_hex4()
    if (low < 56320 || low > 57343) refuse("lone surrogate")
    return 65536 + (high - 55296) * 1024 + (low - 56320)
}

function read_hex4(    i, digit, value) {
    value = 0
    for (i = 0; i < 4; i++) {
        digit = peek() == "" ? 0 : index("0123456789abcdef", tolower(peek()))
        if (digit == 0) refuse("four hexadecimal digits were expected")
        value = value * 16 + digit - 1
        pos++
    }
    return value
}

# The caller runs awk with LC_ALL=C, where %c writes one byte.
function utf8(code) {
    if (code == 0) refuse("a parameter cannot hold a NUL character")
    if (code < 128) return sprintf("%c", code)
    if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
    if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
    return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
}

function read_dotenv(    name) {
    while (1) {
        skip_space()
        if (pos > length(text)) return
        if (peek() == "#") { read_until_newline(); continue }
        name = ""
        while (peek() ~ /[A-Za-z0-9_.-]/) { name = name peek(); pos++ }
        if (name == "" || peek() != "=") refuse("`name=value` was expected")
        pos++
        emit(name, read_dotenv_value())
    }
}

function read_until_newline(    out) {
    out = ""
    while (pos <= length(text) && peek() != "\n") { out = out peek(); pos++ }
    return out
}

# A value is a run of quoted, escaped and bare pieces, as a shell would read one word.
function read_dotenv_value(    out, c) {
    out = ""
    while (pos <= length(text) && peek() != "\n") {
        c = peek()
        if (c == quote || c == "\"") { out = out read_quoted(c) }
        else if (c == "\\") { out = out substr(text, pos + 1, 1); pos += 2 }
        else { out = out c; pos++ }
    }
    sub(/[ \t\r]+$/, "", out)
    return out
}

function read_quoted(mark,    out, c) {
    out = ""
    pos++
    while (1) {
        if (pos > length(text)) refuse("unclosed quote")
        c = peek()
        pos++
        if (c == mark) return out
        if (mark == "\"" && c == "\\") { c = peek(); pos++ }
        out = out c
    }
}
