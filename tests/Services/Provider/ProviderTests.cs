using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using DaprShop.Contracts.Payments;
using DaprShop.Provider;
using DaprShop.Provider.Webhooks;
using DaprShop.ServiceDefaults.Json;
using DaprShop.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DaprShop.Tests.Provider;

/// <summary>The sandbox as its merchant sees it, with time that the test moves.</summary>
public sealed class ProviderTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("provider-").FullName;
    private readonly ManualClock _clock = new();
    private readonly Merchant _merchant = new();
    private RunningService _provider = null!;

    public async Task InitializeAsync() => _provider = await StartAsync();

    public async Task DisposeAsync()
    {
        await _provider.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("tok_ok", "succeeded", 1)]
    [InlineData("tok_declined", "declined", 0)]
    [InlineData("tok_async", "processing", 0)]
    [InlineData("tok_webhook_late", "processing", 0)]
    [InlineData("tok_webhook_twice", "processing", 0)]
    [InlineData("tok_webhook_lost", "processing", 0)]
    [InlineData("tok_webhook_forged", "processing", 0)]
    public async Task Charge_Source_AnswersAndCaptures(string source, string status, int captures)
    {
        var charge = await ChargeAsync("k1", source);

        Assert.Equal(status, charge.Status);
        Assert.Equal(captures, (await LedgerAsync()).Count);
        Assert.Equal(status, (await ChargesAsync("order-1")).Single().Status);
    }

    [Theory]
    [InlineData("tok_async", 300, 1)]
    [InlineData("tok_webhook_twice", 300, 2)]
    [InlineData("tok_webhook_lost", 300, 0)]
    [InlineData("tok_webhook_forged", 300, 1)]
    [InlineData("tok_webhook_late", 75_000, 1)]
    public async Task Charge_Processing_IsCapturedInTimeWithItsWebhooks(string source, int milliseconds, int webhooks)
    {
        var charge = await ChargeAsync("k1", source);

        await AdvanceAsync(milliseconds - 1);
        Assert.Empty(await LedgerAsync());
        await AdvanceAsync(1);

        Assert.Equal("capture", (await LedgerAsync()).Single().Kind);
        var right = _merchant.Received.Where(webhook => webhook.SignatureIsRight).ToArray();
        Assert.Equal(webhooks, right.Length);
        Assert.All(right, webhook => Assert.Equal(
            ("charge.succeeded", charge.Id, "order-1", 12_900L, "CNY"),
            (webhook.Body.Type, webhook.Body.ChargeId, webhook.Body.Reference, webhook.Body.Amount, webhook.Body.Currency)));
        Assert.True(right.Select(webhook => webhook.Body.Id).Distinct().Count() <= 1);
    }

    [Theory]
    [InlineData("tok_async", "0af7651916cd43dd8448eb211c80319c")]
    [InlineData("tok_webhook_forged", null)]
    public async Task Webhook_AfterARestart_GoesOnInTheTraceOfItsChargeUnlessItIsForged(string source, string? trace)
    {
        await PostAsync("/v1/charges", new CreateCharge("k1", 12_900, "CNY", source, "order-1"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        await RestartAsync();
        await AdvanceAsync(trace is null ? 0 : 300);

        var received = Assert.Single(_merchant.Received).TraceId;
        Assert.True(trace is null ? received != "0af7651916cd43dd8448eb211c80319c" : received == trace, received);
    }

    [Fact]
    public async Task Forged_Webhook_ComesOnceBeforeTheCaptureAndIsWronglySigned()
    {
        await ChargeAsync("k1", "tok_webhook_forged");

        await AdvanceAsync(0);

        var forged = _merchant.Received.Single();
        Assert.False(forged.SignatureIsRight);
        Assert.Equal("charge.succeeded", forged.Body.Type);
        Assert.Empty(await LedgerAsync());
        await AdvanceAsync(60_000);
        Assert.Equal(2, _merchant.Received.Count);
    }

    [Fact]
    public async Task Webhook_Refused_IsRepeatedAtGrowingIntervalsUntilTaken()
    {
        _merchant.Answer = HttpStatusCode.ServiceUnavailable;
        await ChargeAsync("k1", "tok_async");

        await AdvanceAsync(300);
        Assert.Single(_merchant.Received);
        await AdvanceAsync(200);
        Assert.Equal(2, _merchant.Received.Count);
        await AdvanceAsync(399);
        Assert.Equal(2, _merchant.Received.Count);
        _merchant.Answer = HttpStatusCode.NoContent;
        await AdvanceAsync(1);
        await AdvanceAsync(100_000);

        Assert.Equal(3, _merchant.Received.Count);
    }

    [Fact]
    public async Task Slow_Charge_IsCapturedAtOnceAndAnsweredAfterFiveSeconds()
    {
        var asking = ChargeAsync("k1", "tok_slow");

        await Eventually.Get(LedgerAsync, ledger => ledger.Count == 1);
        Assert.False(asking.IsCompleted);
        await Eventually.True(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            return asking.IsCompleted;
        });

        Assert.Equal("succeeded", (await asking).Status);
    }

    [Fact]
    public async Task ChargedNoAnswer_Charge_IsCapturedAndTheConnectionCut()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => ChargeAsync("k1", "tok_charged_no_answer"));

        Assert.Single(await LedgerAsync());
        Assert.Equal("succeeded", (await ChargeAsync("k1", "tok_charged_no_answer")).Status);
        Assert.Single(await LedgerAsync());
    }

    [Fact]
    public async Task ErrorThenOk_SameKey_FailsOnceEvenAcrossARestart()
    {
        var first = await PostAsync("/v1/charges", new CreateCharge("k1", 100, "CNY", "tok_error_then_ok", "order-1"));
        await RestartAsync();
        var second = await ChargeAsync("k1", "tok_error_then_ok", amount: 100);

        Assert.Equal(HttpStatusCode.InternalServerError, first.StatusCode);
        Assert.Equal("succeeded", second.Status);
        Assert.Single(await LedgerAsync());
    }

    [Fact]
    public async Task Charge_SameKeyAfterARestart_IsTheSameCharge()
    {
        var first = await ChargeAsync("k1", "tok_ok");
        await RestartAsync();
        var again = await ChargeAsync("k1", "tok_ok");

        Assert.Equal(first, again);
        Assert.Single(await LedgerAsync());
    }

    [Fact]
    public async Task Charge_SameKeyOtherContent_IsRefused()
    {
        await ChargeAsync("k1", "tok_ok");

        var other = await PostAsync("/v1/charges", new CreateCharge("k1", 1, "CNY", "tok_ok", "order-1"));

        Assert.Equal("idempotency-key-reused", await other.ProblemAsync());
    }

    [Fact]
    public async Task Charge_SameKeyAtOnce_IsCapturedOnce()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ChargeAsync("k1", "tok_ok")));

        Assert.Single(answers.Distinct());
        Assert.Single(await LedgerAsync());
    }

    [Fact]
    public async Task Processing_Charge_SettlesAfterARestart()
    {
        await ChargeAsync("k1", "tok_async");
        await RestartAsync();

        await AdvanceAsync(300);

        Assert.Single(await LedgerAsync());
        Assert.Single(_merchant.Received);
    }

    [Fact]
    public async Task Webhook_NotTaken_IsDeliveredAfterARestart()
    {
        _merchant.Answer = HttpStatusCode.BadGateway;
        await ChargeAsync("k1", "tok_async");
        await AdvanceAsync(300);
        await RestartAsync();
        _merchant.Answer = HttpStatusCode.NoContent;

        await AdvanceAsync(0);

        Assert.Equal(2, _merchant.Received.Count);
        Assert.Single(_merchant.Received.Select(webhook => webhook.Body.Id).Distinct());
    }

    [Fact]
    public async Task Refund_WithinTheCapture_IsDoneOnceAndReported()
    {
        var charge = await ChargeAsync("k1", "tok_ok");

        var first = await RefundAsync("r1", charge.Id, 12_000);
        var again = await RefundAsync("r1", charge.Id, 12_000);
        var tooMuch = await PostAsync("/v1/refunds", new CreateRefund("r2", charge.Id, 901));
        await RefundAsync("r3", charge.Id, 900);

        Assert.Equal(first, again);
        Assert.Equal("illegal-transition", await tooMuch.ProblemAsync());
        Assert.Equal([12_900L, 12_000, 900], (await LedgerAsync()).Select(entry => entry.Amount));
        Assert.Equal(12_900, (await ChargesAsync("order-1")).Single().Refunded);
        await AdvanceAsync(0);
        Assert.Equal([12_000L, 900], _merchant.Received.Select(webhook => webhook.Body.Amount).OrderDescending());
        Assert.All(_merchant.Received, webhook => Assert.Equal("refund.succeeded", webhook.Body.Type));
    }

    [Fact]
    public async Task Refund_OfWhatWasNotCaptured_IsRefused()
    {
        var declined = await ChargeAsync("k1", "tok_declined");

        Assert.Equal("illegal-transition", await (await PostAsync("/v1/refunds", new CreateRefund("r1", declined.Id, 1))).ProblemAsync());
        Assert.Equal("not-found", await (await PostAsync("/v1/refunds", new CreateRefund("r1", "ch_none", 1))).ProblemAsync());
    }

    [Fact]
    public async Task Charge_BadInput_NamesEveryMember()
    {
        var answer = await PostAsync("/v1/charges", new CreateCharge("", 0, "yuan", "tok_magic", ""));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(["amount", "currency", "idempotencyKey", "reference", "source"], await answer.ErrorMembersAsync());
        Assert.Contains("tok_charged_no_answer", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Faults_Rate_SteersGoodChargesOnlyAndIsClearedAgain()
    {
        await _provider.SendAsync(HttpMethod.Put, "/v1/faults", """{"declined": 1}""");
        var steered = await ChargeAsync("k1", "tok_ok");
        var left = await ChargeAsync("k2", "tok_async");
        await _provider.SendAsync(HttpMethod.Delete, "/v1/faults");
        var cleared = await ChargeAsync("k3", "tok_ok");

        Assert.Equal(["declined", "processing", "succeeded"], [steered.Status, left.Status, cleared.Status]);
    }

    [Theory]
    [InlineData("""{"melted": 0.1}""", "melted")]
    [InlineData("""{"declined": 1.1}""", "declined")]
    [InlineData("""{"declined": 0.6, "slow": 0.6}""", "$")]
    public async Task Faults_BadRates_AreRefused(string rates, string member)
    {
        var answer = await _provider.SendAsync(HttpMethod.Put, "/v1/faults", rates);

        Assert.Contains(member, await answer.ErrorMembersAsync());
    }

    private Task<RunningService> StartAsync() => RunningService.StartAsync(
        builder =>
        {
            builder.Services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(() => _merchant));
            return ProviderHost.Build(builder);
        },
        clock: _clock,
        arguments: [$"--PROVIDER_DATA={_directory}", "--Provider:LateAfter=00:01:15", "--Provider:WebhookUrl=http://merchant.test/hook"]);

    private async Task RestartAsync()
    {
        await _provider.DisposeAsync();
        _provider = await StartAsync();
    }

    /// <summary>Moves time and lets the clockwork do all that is due then.</summary>
    private async Task AdvanceAsync(int milliseconds)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        var clockwork = _provider.Get<IEnumerable<IHostedService>>().OfType<Clockwork>().Single();
        for (var turn = 0; turn < 4; turn++)
        {
            await clockwork.TurnAsync(default);
            await clockwork.DeliveriesEndAsync();
        }
    }

    private async Task<ChargeAnswer> ChargeAsync(string key, string source, long amount = 12_900)
    {
        var answer = await PostAsync("/v1/charges", new CreateCharge(key, amount, "CNY", source, "order-1"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await ReadAsync<ChargeAnswer>(answer))!;
    }

    private async Task<RefundAnswer> RefundAsync(string key, string chargeId, long amount)
    {
        var answer = await PostAsync("/v1/refunds", new CreateRefund(key, chargeId, amount));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await ReadAsync<RefundAnswer>(answer);
    }

    private async Task<IReadOnlyList<LedgerEntry>> LedgerAsync() =>
        (await ReadAsync<ProviderLedger>(await _provider.SendAsync(HttpMethod.Get, "/v1/ledger"))).Items;

    private async Task<IReadOnlyList<ProviderCharge>> ChargesAsync(string reference) =>
        (await ReadAsync<ProviderCharges>(await _provider.SendAsync(HttpMethod.Get, $"/v1/charges?reference={reference}"))).Items;

    private Task<HttpResponseMessage> PostAsync<T>(string path, T body, params (string Name, string Value)[] headers) =>
        _provider.SendAsync(HttpMethod.Post, path, JsonSerializer.Serialize(body, ShopJson.Requests), headers);

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer) =>
        JsonSerializer.Deserialize<T>(await answer.Content.ReadAsStringAsync(), ShopJson.Documents)!;

    /// <summary>Takes webhooks, checking each signature the way the API describes it.</summary>
    private sealed class Merchant : HttpMessageHandler
    {
        private readonly List<Webhook> _received = [];

        public HttpStatusCode Answer { get; set; } = HttpStatusCode.NoContent;

        public IReadOnlyList<Webhook> Received
        {
            get
            {
                lock (_received)
                {
                    return [.. _received];
                }
            }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            var signature = request.Headers.GetValues("Provider-Signature").Single();
            var time = signature.Split(',')[0][2..];
            var mac = System.Security.Cryptography.HMACSHA256.HashData(
                Encoding.UTF8.GetBytes("whsec_demo_provider_secret"), Encoding.UTF8.GetBytes(time + "." + Encoding.UTF8.GetString(body)));
            lock (_received)
            {
                _received.Add(new Webhook(
                    JsonSerializer.Deserialize<ProviderWebhook>(body, ShopJson.Documents)!, signature == $"t={time},v1={Convert.ToHexStringLower(mac)}",
                    Activity.Current?.TraceId.ToHexString()));
            }

            return new HttpResponseMessage(Answer);
        }
    }

    private sealed record Webhook(ProviderWebhook Body, bool SignatureIsRight, string? TraceId);
}
