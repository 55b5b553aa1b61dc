// The steps of one run, as the runner of the CI system takes them from the
// workflow.
//   node steps.mjs NODE_MODULES SYSTEM FILE CONTEXT OUT
// CONTEXT: a JSON file; for github and forgejo the contexts of expressions
// ("github", "secrets", …), for the others the variables of conditions.
// Writes OUT/NN.uses (the action), or OUT/NN.run (a script) and OUT/NN.env
// (NAME=value, NUL behind each) for each step of the jobs that run.
import fs from "node:fs";
import path from "node:path";
import { common, load } from "./packages.mjs";

const [, system, file, contextFile, out] = process.argv.slice(2);
const workflow = common("yaml").parse(fs.readFileSync(file, "utf8"));
const context = JSON.parse(fs.readFileSync(contextFile, "utf8"));
let n = 0;

function write(suffix, text) {
  const name = String(n).padStart(2, "0");
  fs.writeFileSync(path.join(out, `${name}.${suffix}`), text);
}

function writeStep(script, env) {
  write("run", script);
  write("env", Object.entries(env).map(([k, v]) => `${k}=${v}\0`).join(""));
  n++;
}

// Expressions, by GitHub's own evaluator.
async function actionsSteps() {
  const e = await load("@actions/expressions/dist/index.js");
  const contexts = JSON.parse(JSON.stringify(context), e.data.reviver);
  const names = ["github", "secrets", "vars", "runner", "env"];

  const evaluate = (text) => {
    const { tokens } = new e.Lexer(text).lex();
    const tree = new e.Parser(tokens, names, []).parse();
    return new e.Evaluator(tree, contexts).evaluate();
  };
  const fill = (text) =>
    String(text).replace(/\$\{\{(.*?)\}\}/g,
      (_, inner) => evaluate(inner).coerceString());
  const wanted = (condition) =>
    condition === undefined || evaluate(condition).coerceString() === "true";
  const environment = (...sets) =>
    Object.fromEntries(sets.flatMap((set) => Object.entries(set ?? {}))
      .map(([k, v]) => [k, fill(v)]));

  for (const job of Object.values(workflow.jobs)) {
    if (!wanted(job.if)) continue;
    for (const step of job.steps) {
      if (!wanted(step.if)) continue;
      if (step.uses) {
        write("uses", step.uses + "\n");
        n++;
      } else {
        writeStep(fill(step.run), environment(workflow.env, job.env, step.env));
      }
    }
  }
}

// docs.gitlab.com, "CI/CD YAML syntax": rules:if, of the forms that are here.
function gitlabWants(rules) {
  return rules.some(({ if: condition }) => {
    const [, name, value] =
      /^\$(\w+)(?: == "(.*)")?$/.exec(condition) ?? [];
    if (!name) throw new Error(`a condition of another form: ${condition}`);
    const now = context[name] ?? "";
    return value === undefined ? now !== "" : now === value;
  });
}

// One script for the job: before_script and script in one shell.
function gitlabSteps() {
  for (const job of Object.values(workflow)) {
    if (!gitlabWants(job.rules)) continue;
    const env = Object.fromEntries(Object.entries(job.variables)
      .map(([k, v]) => [k,
        v.replace(/\$(\w+)/g, (_, name) => context[name] ?? "")]));
    writeStep([...(job.before_script ?? []), ...job.script].join("\n"), env);
  }
}

const woodpeckerWants = (when) =>
  when === undefined ||
  when.some((c) => [c.event].flat().includes(context.CI_PIPELINE_EVENT));

// woodpecker-ci.org/docs, "Workflow syntax": a container, a shell, for each
// step; ${…} is replaced first.
function woodpeckerSteps() {
  if (!woodpeckerWants(workflow.when)) return;
  for (const step of workflow.steps) {
    if (!woodpeckerWants(step.when)) continue;
    const env = Object.fromEntries(Object.entries(step.environment)
      .map(([k, v]) => [k, v.from_secret ? context[v.from_secret] : v]));
    writeStep(step.commands.join("\n").replace(/\$\{(\w+)[^}]*\}/g,
      (_, name) => context[name] ?? ""), env);
  }
}

if (system === "gitlab") gitlabSteps();
else if (system === "woodpecker") woodpeckerSteps();
else await actionsSteps();
