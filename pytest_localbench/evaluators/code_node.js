// Runs inside the sandbox: loads a JavaScript answer, calls its function, writes what came back as strict JSON.
// Nothing here is trusted by the other side: expected values never come here, every line is checked there again.
(() => {
"use strict";
const fs = require("fs");
const vm = require("vm");
const { parse, stringify } = JSON; // answers may replace them
const replies = Number(process.argv[1]);
const MAX_DEPTH = 64;
const MAX_CHARS = 1000000;
class TooBig extends Error {}

function write(line) {
  let data = Buffer.from(line + "\n");
  while (data.length) data = data.subarray(fs.writeSync(replies, data));
}

function encode(value, depth, left) {
  const text = form(value, depth, left);
  left.chars -= text.length;
  if (left.chars < 0) throw new TooBig();
  return text;
}

function form(value, depth, left) {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === "string") return stringify(value.slice(0, MAX_CHARS + 1));
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : odd(String(value));
  if (typeof value !== "object") return odd(typeof value);
  if (depth >= MAX_DEPTH) return odd("more than 64 levels");
  if (Array.isArray(value)) return "[" + Array.from(value, (item) => encode(item, depth + 1, left)).join(",") + "]";
  const parent = Object.getPrototypeOf(value);
  if (parent !== Object.prototype && parent !== null) return odd(String((parent.constructor || {}).name || "object"));
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
  const parts = pairs.map(([key, item]) => "[" + stringify(key) + "," + encode(item, depth + 1, left) + "]");
  return '{"dict":[' + parts.join(",") + "]}";
}

function odd(name) {
  return '{"odd":' + stringify(name) + "}";
}

// Answers are scripts; what modules add to them (export, module.exports) is taken for what it means here.
function plainScript(source) {
  return source
    .replace(/^[ \t]*export[ \t]*\{[^}]*\}[^\n]*$/gm, "")
    .replace(/^([ \t]*)export[ \t]+(?:default[ \t]+)?(?=(?:async[ \t]+)?(?:function|class|const|let|var)\b)/gm, "$1")
    .replace(/^[ \t]*export[ \t]+default[ \t]+[A-Za-z_$][\w$]*[ \t]*;?[ \t]*$/gm, "");
}

function load(source, entry) {
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  globalThis.require = require;
  new vm.Script(plainScript(source), { filename: "answer.js" }).runInThisContext();
  let found = vm.runInThisContext("typeof " + entry + " === 'undefined' ? undefined : " + entry);
  const exported = globalThis.module.exports;
  if (typeof found !== "function" && exported) found = typeof exported === "function" ? exported : exported[entry];
  return found;
}

function raised(id, error) {
  const names = [];
  let message = "";
  try {
    for (let it = error; it && names.length < 20; it = Object.getPrototypeOf(it)) {
      const name = it.constructor && it.constructor.name;
      if (name && name !== "Object" && !names.includes(name)) names.push(String(name));
    }
    if (error && error.name && !names.includes(error.name)) names.unshift(String(error.name));
    message = String(error && error.message !== undefined ? error.message : error).slice(0, 300);
    const place = /answer\.js:(\d+)/.exec(String((error && error.stack) || ""));
    if (place) message += " (line " + place[1] + ")";
  } catch (_) {
    message = "an error that cannot be shown";
  }
  return stringify({ id, raised: names.length ? names : ["Error"], message });
}

async function main() {
  let waiting = Buffer.alloc(0);
  const piece = Buffer.alloc(65536);
  let entry;
  write("ready");
  for (;;) {
    let end;
    while ((end = waiting.indexOf(10)) < 0) {
      const count = fs.readSync(0, piece);
      if (!count) return;
      waiting = Buffer.concat([waiting, piece.subarray(0, count)]);
    }
    const question = parse(waiting.subarray(0, end).toString());
    waiting = waiting.subarray(end + 1);
    const id = question.id;
    try {
      let text;
      if (question.kind === "load") {
        entry = load(question.source, question.entry);
        text = String(typeof entry === "function");
      } else {
        text = encode(await entry(...question.arguments), 0, { chars: MAX_CHARS });
      }
      write('{"id":"' + id + '","value":' + text + "}");
    } catch (error) {
      if (error instanceof TooBig) write('{"id":"' + id + '","odd":"more than ' + MAX_CHARS + ' characters"}');
      else write(raised(id, error));
    }
  }
}
main();
})();
