import type { Locator } from 'playwright-core';
import type { Editor } from './editor';

/** What somebody does in the builder of a topic: by the labels of its rows. */
export interface Building {
  /** By its text, e.g. `messages of devices`. */
  what?: string;
  /** Plain inputs. */
  plain?: Readonly<Record<string, string>>;
  /** Typed inputs: the value, or its type and the value. */
  typed?: Readonly<Record<string, string | [type: string, value: string]>>;
}

/** The list of topics in the open dialog of a flespi-subscribe node. */
export class TopicForm {
  constructor(readonly editor: Editor) {}

  row(index: number): Locator {
    return this.editor.page.locator('.flespi-topic-row').nth(index);
  }

  /** The exact topic that the row stands for. */
  topic(index: number): Locator {
    return this.row(index).locator('.flespi-topic');
  }

  /** What is said below the topic: how it reads, or what is wrong. */
  note(index: number): Promise<string> {
    return this.row(index).locator('.flespi-note').innerText();
  }

  async add(): Promise<number> {
    const rows = await this.editor.page.locator('.flespi-topic-row').count();
    await this.editor.page.locator('.red-ui-editableList-addButton').click();
    await this.row(rows).waitFor();
    return rows;
  }

  builder(index: number): Locator {
    return this.row(index).getByRole('button', { name: 'Build the topic' });
  }

  async open(index: number): Promise<void> {
    if ((await this.builder(index).getAttribute('aria-expanded')) !== 'true') await this.builder(index).click();
  }

  async build(index: number, { what, plain = {}, typed = {} }: Building): Promise<void> {
    await this.open(index);
    if (what !== undefined) await this.line(index, 'What').locator('select').selectOption({ label: what });
    for (const [name, value] of Object.entries(plain)) await this.line(index, name).locator('input').fill(value);
    for (const [name, value] of Object.entries(typed)) {
      const [type, text] = typeof value === 'string' ? ['str', value] : value;
      const container = this.line(index, name).locator('.red-ui-typedInput-container');
      await container.locator('.red-ui-typedInput-type-select').click();
      await this.editor.page.locator(`.red-ui-typedInput-options:visible a[value="${type}"]`).click();
      await container.locator('.red-ui-typedInput-input').fill(text);
    }
  }

  /** A row of the builder, by its label. */
  line(index: number, name: string): Locator {
    return this.row(index)
      .locator('.flespi-builder-line')
      .filter({ has: this.editor.page.getByText(name, { exact: true }) });
  }
}
