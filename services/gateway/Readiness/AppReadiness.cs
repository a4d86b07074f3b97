using System.Collections.Concurrent;
using DaprShop.Gateway.Authentication;
using DaprShop.Gateway.Forwarding;
using DaprShop.Gateway.Routes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace DaprShop.Gateway.Readiness;

/// <summary>Asks the apps behind the gateway whether they are ready. An answer lives for a second: many probers, one question.</summary>
internal sealed class AppReadiness(Sidecar sidecar, TimeProvider clock)
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    private readonly ConcurrentDictionary<string, (DateTimeOffset At, bool Ready)> _answers = new();

    public async Task<bool> IsReadyAsync(string appId, CancellationToken cancellationToken)
    {
        if (_answers.TryGetValue(appId, out var known) && clock.GetUtcNow() - known.At < Life)
        {
            return known.Ready;
        }

        var ready = await AskAsync(appId, cancellationToken);
        _answers[appId] = (clock.GetUtcNow(), ready);
        return ready;
    }

    private async Task<bool> AskAsync(string appId, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var request = sidecar.CreateRequest(HttpMethod.Get, appId, "/health");
            using var answer = await sidecar.SendAsync(request, either.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception fault) when (
            fault is HttpRequestException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}

internal sealed class AppHealthCheck(string appId, AppReadiness readiness) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await readiness.IsReadyAsync(appId, cancellationToken)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"{appId} is not ready.");
}

internal sealed class SigningKeyHealthCheck(SigningKey key, IOptions<TokenOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(key.IsKnown || options.Value.IsExternal
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The secret store has not given the signing key yet."));
}

internal static class ReadinessSetup
{
    public static void AddReadiness(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AppReadiness>();
        var checks = builder.Services.AddHealthChecks().AddCheck<SigningKeyHealthCheck>("signing-key", HealthStatus.Unhealthy);
        foreach (var app in RouteTable.Apps(builder.Configuration))
        {
            checks.Add(new HealthCheckRegistration(
                app, services => new AppHealthCheck(app, services.GetRequiredService<AppReadiness>()), HealthStatus.Unhealthy, tags: null));
        }
    }
}
