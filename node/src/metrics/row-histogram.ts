// A histogram by one label that counts many rows of one value in one step. The library's own takes values one by one and
// looks each up by a text made of its labels, which at ten thousands of rows a second is a measurable part of a node's
// CPU. This one stands in the library's registry like any other and is rendered by it.

import type { Histogram, Registry } from "prom-client";

interface Series {
  /** Rows by bucket, each counted once; the last is beyond all bounds. */
  readonly counts: number[];
  sum: number;
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName: string;
  readonly value: number;
}

export class RowHistogram {
  readonly name: string;
  private readonly help: string;
  private readonly bounds: readonly number[];
  private readonly label: string;
  private readonly series = new Map<string, Series>();

  constructor(options: {
    readonly name: string;
    readonly help: string;
    readonly label: string;
    readonly bounds: readonly number[];
    readonly registry: Registry;
  }) {
    this.name = options.name;
    this.help = options.help;
    this.label = options.label;
    this.bounds = options.bounds;
    // The registry asks a metric for its name and for `get` only; its type names the library's own classes.
    options.registry.registerMetric(this as unknown as Histogram);
  }

  /** `of`: the label's value. */
  observe(of: string, value: number, rows = 1): void {
    let series = this.series.get(of);
    if (series === undefined) {
      series = { counts: new Array<number>(this.bounds.length + 1).fill(0), sum: 0 };
      this.series.set(of, series);
    }
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + rows;
    series.sum += value * rows;
  }

  remove(of: string): void {
    this.series.delete(of);
  }

  /** As the library's histograms tell it: buckets hold what the smaller ones hold, too. */
  get(): Promise<{ name: string; help: string; type: "histogram"; values: readonly Sample[] }> {
    const { name, help } = this;
    const values = [...this.series].flatMap(([of, series]) => this.samples(of, series));
    return Promise.resolve({ name, help, type: "histogram", values });
  }

  private samples(of: string, { counts, sum }: Series): readonly Sample[] {
    const metricName = `${this.name}_bucket`;
    const labels = { [this.label]: of };
    let value = 0;
    const buckets = counts.map((rows, i): Sample => {
      value += rows;
      return { metricName, labels: { le: this.bounds[i] ?? "+Inf", ...labels }, value };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value },
    ];
  }
}
