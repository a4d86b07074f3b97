using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Gateway.Forwarding;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Gateway.Limits;

/// <summary>Asks the order service for the settings every second. While it does not answer, the last known ones hold.</summary>
internal sealed partial class SettingsPull(Sidecar sidecar, LiveSettings settings, TimeProvider clock, ILogger<SettingsPull> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                settings.Set(await ReadAsync(stoppingToken));
                failures = 0;
            }
            catch (Exception fault) when (
                fault is HttpRequestException or IOException or JsonException or DependencyUnavailableException
                || (fault is OperationCanceledException && !stoppingToken.IsCancellationRequested))
            {
                // Said once in a while: at a start the order service comes later than this gateway.
                if (++failures % 20 == 0)
                {
                    LogKept(logger, fault.Message);
                }
            }

            await Task.Delay(Every, clock, stoppingToken);
        }
    }

    private async Task<ShopSettings> ReadAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        using var request = sidecar.CreateRequest(HttpMethod.Get, AppIds.Order, "/internal/settings");
        using var answer = await sidecar.SendAsync(request, either.Token);
        answer.EnsureSuccessStatusCode();
        var read = JsonSerializer.Deserialize<ShopSettings>(await answer.Content.ReadAsByteArrayAsync(either.Token), ShopJson.Documents);
        return read is { Edge: { RequestsPerSecond: >= 1, Burst: >= 1, ConcurrentRequests: >= 1 } }
            ? read
            : throw new DependencyUnavailableException($"{AppIds.Order} answered no settings");
    }

    [LoggerMessage(LogLevel.Warning, "The settings cannot be read, the last known ones hold: {Reason}")]
    private static partial void LogKept(ILogger logger, string reason);
}
