// Metrics of several nodes as one page: the sum of every sample, by name and labels.

export class MetricsPage {
  private readonly samples = new Map<string, number>();
  /** Names with a help text. */
  readonly declared = new Set<string>();

  static async of(urls: readonly string[]): Promise<MetricsPage> {
    const page = new MetricsPage();
    for (const url of urls) page.add(await (await fetch(url)).text());
    return page;
  }

  /** `sample` as it stands on the page, labels included; 0 where it does not stand. */
  get(sample: string): number {
    return this.samples.get(sample) ?? 0;
  }

  private add(text: string): void {
    for (const line of text.split("\n")) {
      const name = /^# HELP (\S+)/.exec(line)?.[1];
      if (name !== undefined) this.declared.add(name);
      const [, sample, value] = /^([a-z][^ ]*) (\S+)$/.exec(line) ?? [];
      if (sample !== undefined) this.samples.set(sample, this.get(sample) + Number(value));
    }
  }
}
