// Is a workflow one that its CI system takes?
//   node check.mjs NODE_MODULES SYSTEM FILE
// Prints what is wrong, a line each; status 1 when something is.
//
// GitHub: the vendor's own parser of workflows, and schemastore's schema.
// GitLab: the schema that GitLab publishes, as schemastore has it.
// Forgejo: it takes what GitHub does (forgejo.org/docs, "Forgejo Actions |
// Reference"), less what is looked for below.
// Woodpecker: no package has its present schema; what follows was written
// from woodpecker-ci.org/docs, "Workflow syntax".
import fs from "node:fs";
import { common, json, load } from "./packages.mjs";

const [, system, file] = process.argv.slice(2);
const text = fs.readFileSync(file, "utf8");
const yaml = common("yaml");
const document = yaml.parse(text);
const problems = [];
const wrong = (problem) => problems.push(`${file}: ${problem}`);

function checkSchema(name, document) {
  const Ajv = common("ajv").default;
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  const validate = ajv.compile(json(`schemastore/schemas/json/${name}`));
  if (!validate(document))
    for (const e of validate.errors)
      wrong(`${e.instancePath || "/"} ${e.message}`);
}

async function checkActions() {
  const parser = await load("@actions/workflow-parser/dist/index.js");
  const result = parser.parseWorkflow(
    { name: file, content: text },
    new parser.NoOperationTraceWriter()
  );
  for (const e of result.context.errors.getErrors()) wrong(e.message);
  if (result.value && problems.length === 0) {
    const made = await parser.convertWorkflowTemplate(
      result.context,
      result.value
    );
    for (const e of made.errors ?? []) wrong(e.Message);
  }
  // Its lists of runners and events are some years old.
  const known = structuredClone(document);
  delete known.on?.merge_group;
  for (const job of Object.values(known.jobs ?? {}))
    if (job["runs-on"]) job["runs-on"] = "ubuntu-latest";
  checkSchema("github-workflow.json", known);
}

const stepsOf = (workflow) =>
  Object.values(workflow.jobs ?? {}).flatMap((job) => job.steps ?? []);

// Good practice that no schema asks for.
function checkActionsHabits() {
  for (const step of stepsOf(document)) {
    if (step.uses && !/@[0-9a-f]{40}$/.test(step.uses))
      wrong(`${step.uses} is not pinned to a commit`);
    if (step.run?.includes("${{"))
      wrong(`${step.name}: an expression in a script`);
    if (/^actions\/checkout@/.test(step.uses ?? "") &&
        step.with?.["persist-credentials"] !== false)
      wrong("the token stays in the checkout");
  }
  for (const line of text.split("\n"))
    if (/\buses:/.test(line) && !/# v\d+\.\d+\.\d+$/.test(line))
      wrong(`not said which release it is: ${line.trim()}`);
}

function checkPermissions() {
  if (Object.keys(document.permissions ?? { all: 1 }).length > 0)
    wrong("jobs have permissions that they did not ask for");
  for (const [id, job] of Object.entries(document.jobs ?? {}))
    for (const [what, level] of Object.entries(job.permissions ?? {}))
      if (what !== "contents") wrong(`${id} may ${level} ${what}`);
}

// Keys that Forgejo says it ignores.
function checkForgejo() {
  if (document.permissions) wrong("permissions have no meaning here");
  for (const [id, job] of Object.entries(document.jobs ?? {})) {
    if (job.permissions) wrong(`${id}: permissions have no meaning here`);
    if (!job.container?.image) wrong(`${id}: no image`);
  }
}

const woodpecker = {
  workflow: ["when", "steps", "services", "workspace", "matrix", "labels",
    "depends_on", "runs_on", "clone", "skip_clone", "variables"],
  step: ["name", "image", "pull", "commands", "entrypoint", "environment",
    "settings", "when", "volumes", "detach", "failure", "directory",
    "depends_on", "backend_options", "privileged", "dns", "dns_search"],
  when: ["event", "branch", "cron", "ref", "status", "platform", "matrix",
    "instance", "path", "repo", "evaluate"],
  events: ["push", "pull_request", "pull_request_closed", "tag", "release",
    "deployment", "cron", "manual"],
};

const checkKeys = (what, object, known) => {
  for (const key of Object.keys(object))
    if (!known.includes(key)) wrong(`${what}: unknown key ${key}`);
};

function checkWhen(what, when) {
  if (!Array.isArray(when)) return wrong(`${what}: when is no list`);
  for (const condition of when) {
    checkKeys(`${what}: when`, condition, woodpecker.when);
    for (const event of [condition.event].flat())
      if (!woodpecker.events.includes(event))
        wrong(`${what}: no event ${event}`);
  }
}

function checkWoodpeckerStep(step) {
  const what = `step ${step.name}`;
  checkKeys(what, step, woodpecker.step);
  if (typeof step.name !== "string") wrong(`${what}: no name`);
  if (typeof step.image !== "string") wrong(`${what}: no image`);
  if (step.when) checkWhen(what, step.when);
  if (!Array.isArray(step.commands)) return wrong(`${what}: no commands`);
  for (const command of step.commands)
    if (typeof command !== "string" || command.includes("${"))
      wrong(`${what}: replaced before the shell sees it: ${command}`);
  for (const [name, value] of Object.entries(step.environment ?? {})) {
    const secret = value?.from_secret;
    if (typeof value !== "string" &&
        (typeof secret !== "string" || Object.keys(value).length !== 1))
      wrong(`${what}: ${name} is neither a text nor from_secret`);
    // a request from elsewhere must not ask for a secret
    if (secret && [step.when ?? document.when].flat()
      .some((c) => [c?.event].flat().includes("pull_request")))
      wrong(`${what}: a request gets the secret ${secret}`);
  }
}

function checkWoodpecker() {
  checkKeys("the workflow", document, woodpecker.workflow);
  checkWhen("the workflow", document.when);
  if (!Array.isArray(document.steps)) return wrong("steps is no list");
  document.steps.forEach(checkWoodpeckerStep);
}

switch (system) {
  case "github":
    await checkActions();
    checkActionsHabits();
    checkPermissions();
    break;
  case "forgejo":
    await checkActions();
    checkActionsHabits();
    checkForgejo();
    break;
  case "gitlab":
    checkSchema("gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/" +
      "javascripts/editor/schema/ci.json", document);
    break;
  case "woodpecker":
    checkWoodpecker();
    break;
  default:
    wrong(`no system ${system}`);
}
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
