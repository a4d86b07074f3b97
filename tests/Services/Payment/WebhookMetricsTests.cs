using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DaprShop.Payment;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Webhooks;
using DaprShop.TestKit;
using DaprShop.Tests.Services.Metrics;
using DaprShop.Tests.Services.Order;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Services.Payment;

public sealed class WebhookMetricsTests
{
    [Fact]
    public async Task Webhooks_AreCountedByWhatBecameOfThem()
    {
        var clock = new ManualClock(SampleOrders.Now);
        await using var sidecar = await FakeSidecar.StartAsync();
        await using var payment = await RunningService.StartAsync(Build, sidecar, clock);
        using var meters = new MeterReader(payment.Get<System.Diagnostics.Metrics.IMeterFactory>());

        await SendAsync("{}", signature: "t=1,v1=00");
        await SendAsync("{}");
        await SendAsync("""{"id":"evt_1","type":"charge.pending","chargeId":"ch_1","reference":"o-1","amount":1,"currency":"CNY"}""");
        await SendAsync("""{"id":"evt_2","type":"charge.failed","chargeId":"ch_1","reference":"o-1","amount":1,"currency":"CNY"}""");

        Assert.Equal(["ignored 1", "unknown-order 1", "unreadable 1", "unsigned 1"], meters.Read(PaymentMetrics.Webhooks));

        async Task SendAsync(string body, string? signature = null)
        {
            using var answer = await payment.SendAsync(
                HttpMethod.Post, "/webhooks/provider", body, (WebhookSignature.Header, signature ?? Sign(body, clock.GetUtcNow())));
        }
    }

    private static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.Configuration["Provider:BaseUrl"] = "http://127.0.0.1:1/";
        return PaymentHost.Build(builder);
    }

    private static string Sign(string body, DateTimeOffset now)
    {
        var t = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={t},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(FakeSidecar.Secret.Split(',')[0]), Encoding.UTF8.GetBytes($"{t}.{body}")))}";
    }
}
