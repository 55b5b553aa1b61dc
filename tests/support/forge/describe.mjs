// Of a vendor's OpenAPI description, the paths that relctl asks for, with all
// that they refer to: the mock starts in seconds with it, and not in minutes.
//	node describe.mjs DESCRIPTION OUT
import fs from 'node:fs';

const [description, out] = process.argv.slice(2);
const all = JSON.parse(fs.readFileSync(description));
const wanted = /^\/repos\/\{owner\}\/\{repo\}\/(releases|pulls$|git\/ref\/|tags\/)/;
const kept = new Set();

function walk(value) {
	if (!value || typeof value !== 'object')
		return;
	if (typeof value.$ref === 'string' && !kept.has(value.$ref)) {
		kept.add(value.$ref);
		walk(value.$ref.split('/').slice(1).reduce((at, key) => at[key], all));
	}
	Object.values(value).forEach(walk);
}

all.paths = Object.fromEntries(
	Object.entries(all.paths).filter(([path]) => wanted.test(path)));
delete all['x-webhooks'];
walk(all.paths);
for (const [kind, parts] of Object.entries(all.components ?? {}))
	for (const name of Object.keys(parts))
		if (!kept.has(`#/components/${kind}/${name}`))
			delete parts[name];
fs.writeFileSync(out, JSON.stringify(all));
