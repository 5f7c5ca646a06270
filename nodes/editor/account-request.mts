/** Asks the runtime on behalf of an open form. Relative addresses: only then does the editor add its login and admin root. */
export function askRuntime<Answer>(path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    $.ajax({
      url: `flespi-config/${path}`,
      type: body ? 'POST' : 'GET',
      dataType: 'json',
      timeout: 20_000,
      ...(body ? { contentType: 'application/json', data: JSON.stringify(body) } : {}),
    }).then(
      (answer: Answer) => resolve(answer),
      (failed: JQueryXHR) => reject(new RuntimeRefusal(failed.responseJSON as { message?: string } | undefined)),
    );
  });
}

/** Has the runtime's sentence for people, where it sent one. */
export class RuntimeRefusal extends Error {
  readonly sentence: string | undefined;

  constructor(answer: { message?: string } | undefined) {
    super(answer?.message ?? 'no answer');
    this.sentence = answer?.message;
  }
}
