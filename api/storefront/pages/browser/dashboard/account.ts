import { type Ask, call, type Method, Refusal, refusalOf, send } from "../api.ts";
import { forgetSignIn, type SignIn } from "../sign-in.ts";

/** Who is signed in, and how to ask for what is his. */
export type Account = {
  readonly address: string;
  readonly token: string;
  /** @throws Refusal, SignInEnded */
  ask<T>(method: Method, path: string, ask?: Omit<Ask, "bearer">): Promise<T>;
  /** What comes of something that was asked for with the token. @throws SignInEnded */
  watched<T>(asking: Promise<T>): Promise<T>;
  /** An answer to be saved, under the name that the server gives it. @throws Refusal, SignInEnded */
  file(path: string): Promise<{ name: string; content: Blob }>;
};

export class SignInEnded extends Error {
  constructor() {
    super("Your sign-in has ended. Sign in again to go on.");
    this.name = "SignInEnded";
  }
}

/** `onEnd` is told when the server knows the sign-in no more. */
export function accountOf({ address, token }: SignIn, onEnd: (error: SignInEnded) => void): Account {
  const watched = async <T>(asking: Promise<T>): Promise<T> => {
    try {
      return await asking;
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      forgetSignIn();
      const ended = new SignInEnded();
      onEnd(ended);
      throw ended;
    }
  };
  return {
    address,
    token,
    watched,
    ask: (method, path, ask) => watched(call(method, path, { ...ask, bearer: token })),
    file: (path) => watched(fileAt(path, token)),
  };
}

async function fileAt(path: string, bearer: string): Promise<{ name: string; content: Blob }> {
  const answer = await send("GET", path, { bearer });
  if (answer.status !== 200) throw refusalOf(answer);
  const { headers, text } = answer;
  const name = /filename="([\w.-]+)"/.exec(headers.get("content-disposition") ?? "")?.[1] ?? "turnpike.csv";
  return { name, content: new Blob([text], { type: headers.get("content-type") ?? "text/plain" }) };
}
