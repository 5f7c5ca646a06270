/**
 * The part of the editor's API that our forms use. `@types/node-red__editor-client` is narrower than the editor: no reasons
 * from validators, no labels on defaults, no `autoComplete`.
 */
declare global {
  /** A node as the editor knows it: its properties, and the text function of its own catalogue. */
  interface EditedNode extends Record<string, unknown> {
    id: string;
    name: string;
    _(key: string, values?: Readonly<Record<string, string | number>>): string;
  }

  /**
   * True or a reason. Must be declared with both parameters: the editor takes a string from a function with one
   * parameter for "valid".
   */
  type Validator = (this: EditedNode, value: unknown, options: { label?: string } | undefined) => boolean | string;

  interface NodeDefault {
    value: unknown;
    type?: string;
    required?: boolean;
    label?: string;
    validate?: Validator;
  }

  interface NodeDefinition {
    category: string;
    categoryDescription?: string;
    color?: string;
    defaults: Record<string, NodeDefault>;
    credentials?: Record<string, { type: 'text' | 'password' }>;
    inputs?: 0 | 1;
    outputs?: number;
    icon?: string;
    align?: 'left' | 'right';
    paletteLabel?: string;
    inputLabels?: string;
    outputLabels?: string | ((this: EditedNode, index: number) => string);
    label?: (this: EditedNode) => string;
    labelStyle?: (this: EditedNode) => string;
    oneditprepare?: (this: EditedNode) => void;
    oneditsave?: (this: EditedNode) => void;
    oneditcancel?: (this: EditedNode) => void;
    oneditdelete?: (this: EditedNode) => void;
    oneditresize?: (this: EditedNode, size: { width: number; height: number }) => void;
  }

  interface TypedInputType {
    value: string;
    label?: string;
    icon?: string;
    hasValue?: boolean;
    options?: readonly (string | { value: string; label: string })[];
    validate?: RegExp | ((value: string, options?: object) => boolean | string);
    autoComplete?: (value: string, done?: (found: readonly Suggestion[]) => void) => readonly Suggestion[] | void;
  }

  interface TypedInputOptions {
    default?: string;
    types: readonly (string | TypedInputType)[];
    typeField?: string | JQuery;
  }

  interface Suggestion {
    value: string;
    label: string | HTMLElement | JQuery;
  }

  interface TextEditor {
    getValue(): string;
    setValue(value: string): void;
    focus(): void;
    resize(): void;
    destroy(): void;
  }

  interface Popover {
    open(): void;
    close(): void;
    setContent(content: string | JQuery): void;
  }

  const RED: {
    _(key: string, values?: Readonly<Record<string, string | number>>): string;
    nodes: {
      registerType(type: string, definition: NodeDefinition): void;
      node(id: string): EditedNode | null;
      filterNodes(filter: { type: string }): EditedNode[];
    };
    validators: {
      number(blankAllowed?: boolean): Validator;
      typedInput(options: {
        type?: string;
        typeField?: string;
        isConfig?: boolean;
        allowBlank?: boolean;
        allowUndefined?: boolean;
      }): Validator;
    };
    popover: {
      tooltip(target: JQuery, content: string): Popover;
    };
    editor: {
      createEditor(options: {
        element?: HTMLElement;
        id?: string;
        mode: string;
        value: string;
        title?: string;
      }): TextEditor;
    };
    notify(text: string, options?: { type?: string; timeout?: number }): void;
  };

  interface JQuery {
    typedInput(options: TypedInputOptions): this;
    typedInput(method: 'value' | 'type'): string;
    typedInput(method: 'value' | 'type', value: string): this;
    typedInput(method: 'types', types: readonly (string | TypedInputType)[]): this;
    typedInput(method: 'width', width: string | number): this;
    typedInput(method: 'show' | 'hide' | 'focus'): this;
    typedInput(method: 'disable', disabled: boolean): this;
    typedInput(method: 'validate'): boolean;
    autoComplete(options: {
      search:
        ((value: string, done: (found: readonly Suggestion[]) => void) => void) | ((value: string) => Suggestion[]);
      minLength?: number;
    }): this;
    autoComplete(method: 'destroy'): this;
    editableList<T extends object>(options: {
      addItem: (container: JQuery, index: number, data: T) => void;
      removeItem?: (data: T) => void;
      addButton?: string | boolean;
      removable?: boolean;
      sortable?: boolean;
      height?: number | 'auto';
      header?: JQuery;
      ariaLabel?: string;
    }): this;
    editableList(method: 'addItem', data: object): this;
    editableList(method: 'items'): JQuery;
    editableList(method: 'height', height: number): this;
    editableList(method: 'empty'): this;
    i18n(): this;
  }
}

/** Makes this file a module, which a global declaration needs to be in. */
export type Editor = typeof RED;
