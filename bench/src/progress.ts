// Where a bench is, on the terminal's error stream: on a terminal one line that changes, elsewhere a line for
// each step, so that a log shows it too.

export interface Progress {
  begin(text: string): void;
  /** How far the present step is. */
  readonly detail: (text: string) => void;
  done(text: string): void;
  end(): void;
}

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const ERASE = "\r\u001b[2K";

export function progressLine(screen: Screen): Progress {
  const isTerminal = screen.isTTY === true;
  let step = "";
  const show = (text: string): void => {
    screen.write(isTerminal ? `${ERASE}${text}` : `${text}\n`);
  };
  return {
    begin: (text) => {
      step = text;
      show(step);
    },
    detail: (text) => show(`${step}: ${text}`),
    done: (text) => {
      if (!isTerminal) show(`  ${text}`);
    },
    end: () => {
      if (isTerminal) screen.write(ERASE);
    },
  };
}
