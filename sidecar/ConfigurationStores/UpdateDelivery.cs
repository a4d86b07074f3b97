using System.Net.Http.Headers;
using Sidecar.Components.Configuration;
using Sidecar.Invocation;
using Sidecar.Resiliency;

namespace Sidecar.ConfigurationStores;

/// <summary>
/// Carries the changes of one subscription to the app (dapr-contract.md 9.2): POST /configuration/{store}/{key}, one
/// for each key, under the store's inbound policy. As with daprd only 200 is a success, and what the app does not take
/// is logged and not sent again.
/// </summary>
internal sealed partial class UpdateDelivery : IDisposable
{
    private readonly string _store;
    private readonly string _id;
    private readonly IAppChannel _app;
    private readonly DeliveryGate _gate;
    private readonly Pipeline _policy;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationToken _ended;

    public UpdateDelivery(string store, string id, IAppChannel app, DeliveryGate gate, Pipeline policy, ILogger logger)
    {
        (_store, _id, _app, _gate, _policy, _logger) = (store, id, app, gate, policy, logger);
        _ended = _ending.Token;
    }

    public async Task DeliverAsync(IReadOnlyDictionary<string, ConfigurationItem> changed, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended);
        try
        {
            foreach (var (key, item) in changed.OrderBy(item => item.Key, StringComparer.Ordinal))
            {
                while (!await TryDeliverAsync(key, item, stop.Token, cancellationToken))
                {
                    LogWaits(_logger, _store, key);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogEnded(_logger, _store, _id);
        }
    }

    /// <summary>No update is begun any more.</summary>
    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    /// <summary>False: the app turned unhealthy before it took the update.</summary>
    private async Task<bool> TryDeliverAsync(string key, ConfigurationItem item, CancellationToken stop, CancellationToken abort)
    {
        var closing = await _gate.EnterAsync(stop);
        try
        {
            using var stopRetrying = CancellationTokenSource.CreateLinkedTokenSource(closing, stop);
            var status = await _policy.RunAsync(
                async token =>
                {
                    var answer = await PostAsync(key, item, token);
                    return answer == StatusCodes.Status200OK ? answer : Attempt<int>.Failure(answer, answer);
                },
                abort,
                stopRetrying.Token);
            if (status != StatusCodes.Status200OK)
            {
                LogRefused(_logger, _store, key, status);
            }

            return true;
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TimeoutException or CircuitBreakerOpenException)
        {
            if (_gate.IsAppAway(closing))
            {
                return false;
            }

            LogFailed(_logger, _store, key, failure);
            return true;
        }
        finally
        {
            _gate.Leave();
        }
    }

    private async Task<int> PostAsync(string key, ConfigurationItem item, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, PathOf(key));
        request.Content = new ReadOnlyMemoryContent(ConfigurationJson.Update(_id, key, item));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _app.SendAsync(request, cancellationToken);
        return (int)response.StatusCode;
    }

    // A key is not a URL: whatever would end the path or be decoded in it must arrive as it is.
    private Uri PathOf(string key) => TargetPath.ToUri(
        $"/configuration/{_store}/{key.Replace("%", "%25", StringComparison.Ordinal).Replace("?", "%3F", StringComparison.Ordinal)}");

    [LoggerMessage(LogLevel.Error, "The app answered {Status} to the update of {Key} of configuration store {Store}; it is not sent again")]
    private static partial void LogRefused(ILogger logger, string store, string key, int status);

    [LoggerMessage(LogLevel.Error, "The update of {Key} of configuration store {Store} did not reach the app; it is not sent again")]
    private static partial void LogFailed(ILogger logger, string store, string key, Exception failure);

    [LoggerMessage(LogLevel.Information, "The update of {Key} of configuration store {Store} waits until the app is healthy again")]
    private static partial void LogWaits(ILogger logger, string store, string key);

    [LoggerMessage(LogLevel.Debug, "Subscription {Id} to configuration store {Store} ended with updates under way")]
    private static partial void LogEnded(ILogger logger, string store, string id);
}
