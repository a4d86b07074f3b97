using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Payments;
using DaprShop.ServiceDefaults.Json;
using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;

namespace DaprShop.Tests.Simulation.Provider;

/// <summary>
/// The outside world's payment provider with a ledger of its own, which survives everything. The source of a charge says what goes wrong with
/// it, as in the sandbox; what may go wrong with every call is the network's.
/// </summary>
internal sealed class SimulatedProvider(World world, Faults faults, Network network) : IPeer
{
    /// <summary>Every source there is; the first is the usual one.</summary>
    public static readonly string[] Sources =
    [
        "tok_ok", "tok_declined", "tok_slow", "tok_async", "tok_webhook_late", "tok_webhook_twice", "tok_webhook_lost",
        "tok_charged_no_answer", "tok_error_then_ok",
    ];

    private readonly Chance _chance = Chance.Of(world.Seed, "provider");
    private readonly Dictionary<string, Charge> _charges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (CreateRefund Command, string Id)> _refunds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _errorsAnswered = new(StringComparer.Ordinal);

    public List<LedgerEntry> Ledger { get; } = [];

    /// <summary>Charges that are still processing and webhooks that are still to be accepted.</summary>
    public int Pending { get; private set; }

    public void Serve(Request request, Action<Response?> done)
    {
        var path = request.Path.Split('?');
        switch (request.Method, path[0])
        {
            case ("POST", "/v1/charges"):
                Open(request.Read<CreateCharge>(), done);
                break;
            case ("GET", "/v1/charges"):
                var reference = Uri.UnescapeDataString(path[1]["reference=".Length..]);
                done(Response.Of(new ProviderCharges([.. _charges.Values.Where(charge => charge.Command.Reference == reference).Select(View)])));
                break;
            case ("POST", "/v1/refunds"):
                done(GiveBack(request.Read<CreateRefund>()));
                break;
            case ("GET", "/v1/ledger"):
                done(Response.Of(new ProviderLedger([.. Ledger])));
                break;
            default:
                done(Response.Empty(404));
                break;
        }
    }

    private void Open(CreateCharge command, Action<Response?> done)
    {
        if (_charges.TryGetValue(command.IdempotencyKey, out var known))
        {
            done(known.Command == command ? Response.Of(new ChargeAnswer(known.Id, known.Status)) : Response.Empty(409));
            return;
        }

        if (command.Source == "tok_error_then_ok" && _errorsAnswered.Add(command.IdempotencyKey))
        {
            done(Response.Empty(500));
            return;
        }

        var charge = new Charge($"ch_{_charges.Count + 1}", command, Now()) { Status = "processing" };
        _charges.Add(command.IdempotencyKey, charge);
        world.Note("charge", $"{charge.Id} {command.Reference} {command.Source}");
        switch (command.Source)
        {
            case "tok_declined":
                charge.Status = "declined";
                done(Answer(charge));
                break;
            case "tok_async":
                Later(charge, Short(), webhooks: 1);
                done(Answer(charge));
                break;
            case "tok_webhook_late":
                Later(charge, _chance.Between(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(100)), webhooks: 1);
                done(Answer(charge));
                break;
            case "tok_webhook_twice":
                Later(charge, Short(), webhooks: 2);
                done(Answer(charge));
                break;
            case "tok_webhook_lost":
                Later(charge, Short(), webhooks: 0);
                done(Answer(charge));
                break;
            case "tok_charged_no_answer":
                Capture(charge);
                done(null);
                break;
            case "tok_slow":
                Capture(charge);
                world.After(TimeSpan.FromSeconds(5), () => done(Answer(charge)));
                break;
            default:
                Capture(charge);
                done(Answer(charge));
                break;
        }
    }

    private Response GiveBack(CreateRefund command)
    {
        if (_refunds.TryGetValue(command.IdempotencyKey, out var known))
        {
            return known.Command == command ? Response.Of(new RefundAnswer(known.Id, "succeeded")) : Response.Empty(409);
        }

        if (_charges.Values.FirstOrDefault(charge => charge.Id == command.ChargeId) is not { Status: "succeeded" } charge
            || command.Amount > charge.Command.Amount - charge.Refunded)
        {
            return Response.Empty(409);
        }

        var id = $"re_{_refunds.Count + 1}";
        _refunds.Add(command.IdempotencyKey, (command, id));
        charge.Refunded += command.Amount;
        Enter("refund", id, charge, command.Amount);
        return Response.Of(new RefundAnswer(id, "succeeded"));
    }

    private void Later(Charge charge, TimeSpan delay, int webhooks)
    {
        Pending++;
        world.After(delay, () =>
        {
            Pending--;
            Capture(charge);
            for (var copy = 0; copy < webhooks; copy++)
            {
                Pending++;
                Tell(charge, attempt: 0);
            }
        });
    }

    private void Capture(Charge charge)
    {
        charge.Status = "succeeded";
        Enter("capture", charge.Id, charge, charge.Command.Amount);
    }

    private void Tell(Charge charge, int attempt)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new ProviderWebhook(
                $"evt_{charge.Id}", "charge.succeeded", charge.Id, charge.Command.Reference, charge.Command.Amount, charge.Command.Currency, Now()),
            ShopJson.Documents);
        var headers = new Dictionary<string, string> { ["Provider-Signature"] = Sign(body) };
        var pause = attempt == 0 ? faults.Latency() * 10 : TimeSpan.FromMilliseconds(Math.Min(30_000, 200 << Math.Min(attempt, 12)));
        world.After(pause, () => network.Send(
            AppIds.Payment,
            Dependency.Webhooks,
            new Request("POST", "/webhooks/provider", body, Headers: headers),
            response =>
            {
                if (response is { IsSuccess: true })
                {
                    Pending--;
                }
                else
                {
                    Tell(charge, attempt + 1);
                }
            }));
    }

    private string Sign(byte[] body)
    {
        var time = Now().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes(time + "."), .. body];
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(SimulatedDaprClient.WebhookSecret), signed);
        return $"t={time},v1={Convert.ToHexStringLower(hash)}";
    }

    private void Enter(string kind, string id, Charge charge, long amount)
    {
        world.Note(kind, $"{id} {charge.Command.Reference} {amount}");
        Ledger.Add(new LedgerEntry(Ledger.Count + 1, kind, id, charge.Id, charge.Command.Reference, amount, charge.Command.Currency, Now()));
    }

    private static ProviderCharge View(Charge charge) => new(
        charge.Id, charge.Status, charge.Command.Amount, charge.Command.Currency, charge.Command.Source, charge.Command.Reference, charge.Refunded, charge.At);

    private static Response Answer(Charge charge) => Response.Of(new ChargeAnswer(charge.Id, charge.Status));

    private TimeSpan Short() => _chance.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(3));

    private DateTimeOffset Now() => World.Epoch + world.Time;

    private sealed class Charge(string id, CreateCharge command, DateTimeOffset at)
    {
        public string Id => id;

        public CreateCharge Command => command;

        public DateTimeOffset At => at;

        public required string Status { get; set; }

        public long Refunded { get; set; }
    }
}
