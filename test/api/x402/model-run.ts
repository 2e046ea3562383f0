import { drive } from "../../../api/payments/x402/drive.ts";
import { type Chance, Crash, chanceOf, Model, PRICE } from "./model.ts";

const HOSTILE_ROUNDS = 40;
const CALM_ROUNDS = 60;

/** One life of one order, with crashes and copies; then the world calms down. Returns what is wrong with the end. */
export async function runOnce(seed: number, indexLies = false): Promise<string | undefined> {
  const chance = chanceOf(seed);
  const model = new Model(chance, 20 + chance.below(400));
  model.indexLies = indexLies;
  await work(model, { isFresh: true });
  for (let round = 0; round < HOSTILE_ROUNDS; round++) await happen(model, chance);
  model.isHostile = false;
  for (let round = 0; round < CALM_ROUNDS && !model.order.isFinal; round++) {
    model.index();
    await work(model, { isFresh: false });
    model.pass(20);
  }
  return faultOf(model);
}

/** One thing that may happen at any time. */
async function happen(model: Model, chance: Chance): Promise<void> {
  const copies = 1 + chance.below(3);
  // A lock goes with its connection now and then: then two work on one order.
  const isLockLost = chance.hit(10);
  const events = [
    () => Promise.all(Array.from({ length: copies }, () => work(model, { isFresh: false, isLockLost }))),
    () => work(model, { isFresh: false }),
    () => model.index(),
    () => model.pass(chance.below(40)),
    () => chance.hit(30) && model.mine(),
    () => chance.hit(5) && model.mine(PRICE / 2n),
    () => chance.hit(25) && model.reorg(),
    () => chance.hit(20) && model.refund(),
  ];
  await events[chance.below(events.length)]?.();
}

type Work = { isFresh: boolean; isLockLost?: boolean };

/** A process takes the order up, and may die of it. */
async function work(model: Model, { isFresh, isLockLost = false }: Work): Promise<void> {
  if (model.isLocked && !isLockLost) return;
  model.isLocked = true;
  try {
    await drive(model.ports(), model.order, { isFresh, patienceMs: 0 });
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  } finally {
    model.isLocked = false;
  }
}

/** Never twice, never lost; charged means fulfilled or credited. */
function faultOf(model: Model): string | undefined {
  const { order, mined, effects, credits, revokes, states, isRefunded } = model;
  const kept = isRefunded ? undefined : mined;
  const story = `${states.join(" > ")}, on chain ${mined?.amount ?? 0n}${isRefunded ? " refunded" : ""}, effects ${effects}, credits ${credits}`;
  const isGiven = effects > 0 && revokes === 0;
  const faults: [boolean, string][] = [
    [!order.isFinal, "never ends"],
    [effects > 1, "fulfilled twice"],
    [isGiven && credits > 0n, "fulfilled and credited"],
    [kept?.amount === PRICE && !isGiven && credits !== PRICE, "charged for nothing"],
    [kept !== undefined && kept.amount !== PRICE && credits !== kept.amount, "charged another amount for nothing"],
    [kept === undefined && (isGiven || credits > 0n), "given for nothing"],
    [order.state === "fulfilled" && !isGiven, "says that it was fulfilled"],
    [order.state === "credited" && credits === 0n, "says that it was credited"],
    ...moneyFaults(model, isGiven),
  ];
  const fault = faults.find(([isWrong]) => isWrong)?.[1];
  return fault && `${fault}: ${story}`;
}

/** What the ledger says in the end is what happened. */
const moneyFaults = ({ money, mined, isRefunded }: Model, isGiven: boolean): [boolean, string][] => [
  [money.escrow !== 0n, "held for ever"],
  [money.sales !== (isGiven ? PRICE : 0n), "earned another amount than was sold for"],
  [-money.chain !== (isRefunded ? 0n : (mined?.amount ?? 0n)), "posted another amount than is on chain"],
];
