// The command lines of what runs suites: `--help` is answered, and what cannot be used is refused before
// anything runs.

const isHelp = (arg) => arg === "--help" || arg === "-h";

function answer(text) {
  console.log(text);
  process.exit(0);
}

function refuse(...lines) {
  for (const line of lines) console.error(line);
  process.exit(2);
}

/**
 * Of a command without options: answers `--help`, refuses anything else.
 * @param {string} usage how it is started
 * @param {string} about what it does
 * @param {string} codes its exit codes
 */
export function takesNothing(usage, about, codes, args = process.argv.slice(2)) {
  if (args.some(isHelp)) answer(`${usage}\n\n${about}\n\n  --help  this text\n\n${codes}`);
  if (args.length > 0) refuse(`Unknown option '${args[0]}': it takes none but --help.`, usage);
}

/**
 * The suites whose name has `--only TEXT` in it, with those that the rest stands on.
 * @param {readonly import("./run-suite.mjs").Suite[]} suites
 * @param {readonly string[]} args
 * @param {string} about what the command is, for `--help`; its first line says how it is started
 */
export function chosen(suites, args, about) {
  const names = suites.map(({ name }) => name).join(", ");
  if (args.some(isHelp)) {
    answer(`${about}

  --only TEXT  only the suites with TEXT in their names, and those that the rest stands on
  --help       this text

There are: ${names}.

Exit codes: 0 nothing failed, 1 something did, 2 a command line that cannot be used, 129, 130 or 143 ended by a signal.`);
  }
  if (args.length === 0) return suites;
  const [usage] = about.split("\n", 1);
  const [option, text] = args;
  if (option !== "--only") refuse(`Unknown option '${option}'.`, usage, `There are: ${names}.`);
  const isMeant = ({ name }) => text !== undefined && name.includes(text);
  if (args.length > 2 || !suites.some(isMeant)) {
    refuse("--only wants a part of a suite's name.", usage, `There are: ${names}.`);
  }
  return suites.filter((suite) => suite.stopsTheRest || isMeant(suite));
}
