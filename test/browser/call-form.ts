import type { Locator } from 'playwright-core';
import type { Editor } from './editor';

export interface Row {
  kind: string;
  field?: string;
  /** Of the typed input; text when left out. */
  type?: string;
  value?: string;
}

/** What somebody does in the form of flespi-request or flespi-rpc. */
export interface Doing {
  template?: string;
  method?: string;
  rows?: readonly Row[];
  /** Choices and plain inputs. */
  plain?: Readonly<Record<string, string>>;
  /** Typed inputs: the value, or its type and the value. */
  typed?: Readonly<Record<string, string | [type: string, value: string]>>;
  ticks?: readonly string[];
}

/** The form that flespi-request and flespi-rpc share, in an open dialog. */
export class CallForm {
  constructor(readonly editor: Editor) {}

  async do({ template, method, rows = [], plain = {}, typed = {}, ticks = [] }: Doing): Promise<void> {
    const { page } = this.editor;
    if (template !== undefined) {
      await this.editor.field('template').fill(template);
      await page.keyboard.press('Escape');
      await page.locator('.flespi-choices:visible').waitFor({ state: 'detached' });
    }
    if (method !== undefined) await this.editor.field('method').selectOption(method);
    for (const [index, row] of rows.entries()) await this.chooseRow(index, row);
    for (const [property, value] of Object.entries(plain)) await this.#fill(this.editor.field(property), value);
    for (const [property, value] of Object.entries(typed)) {
      const [type, text] = typeof value === 'string' ? [undefined, value] : value;
      const container = page.locator(`#node-input-${property} + .red-ui-typedInput-container`);
      if (type !== undefined) await this.chooseType(container, type);
      await container.locator('.red-ui-typedInput-input').fill(text);
    }
    for (const property of ticks) await this.editor.field(property).check();
  }

  async chooseRow(index: number, { kind, field, type, value }: Row): Promise<void> {
    const row = this.row(index);
    await row.locator('> select').selectOption(kind);
    if (field !== undefined) {
      await row.locator('.flespi-combobox input').fill(field);
      await this.editor.page.keyboard.press('Escape');
    }
    if (type !== undefined) await this.chooseType(row.locator('.red-ui-typedInput-container'), type);
    if (value !== undefined) await this.value(index).fill(value);
  }

  /** Through the menu, by mouse. */
  async chooseType(container: Locator, type: string): Promise<void> {
    await container.locator('.red-ui-typedInput-type-select').click();
    await this.editor.page.locator(`.red-ui-typedInput-options:visible a[value="${type}"]`).click();
  }

  row(index: number): Locator {
    return this.editor.page.locator('.flespi-selector').nth(index);
  }

  value(index: number): Locator {
    return this.row(index).locator('.red-ui-typedInput-input');
  }

  /** The request as it will be sent, or what is wrong. */
  preview(): Promise<string> {
    return this.editor.page.locator('#flespi-preview').innerText();
  }

  /** Names of the inputs that can be seen, from top to bottom. */
  rows(): Promise<string[]> {
    return this.editor.evaluate(`[...document.querySelectorAll('#dialog-form .form-row')]
      .filter((row) => row.checkVisibility())
      .map((row) => row.dataset.slot ?? row.querySelector('[id^=node-input-]').id.replace('node-input-', ''))`);
  }

  async #fill(input: Locator, value: string): Promise<void> {
    if ((await input.evaluate((element) => element.nodeName)) === 'SELECT') await input.selectOption(value);
    else await input.fill(value);
  }
}
