using System.Threading.Channels;
using Google.Protobuf.Collections;
using Sidecar.Api;
using Sidecar.Grpc.DaprApi;
using Sidecar.Http.Errors;
using Stored = Sidecar.Components.Configuration.ConfigurationItem;

namespace Sidecar.Grpc;

/// <summary>Configuration over gRPC (dapr-contract.md 9.2).</summary>
internal sealed class ConfigurationService(ConfigurationApi stores, IHostApplicationLifetime lifetime) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        .. DaprService.Unary(["GetConfiguration", "GetConfigurationAlpha1"], GetConfigurationRequest.Parser, GetAsync),
        .. ((string[])["SubscribeConfiguration", "SubscribeConfigurationAlpha1"]).Select(name =>
            GrpcMethod.ServerStreaming(DaprService.PathOf(name), SubscribeConfigurationRequest.Parser, SubscribeAsync)),
        .. DaprService.Unary(
            ["UnsubscribeConfiguration", "UnsubscribeConfigurationAlpha1"], UnsubscribeConfigurationRequest.Parser, UnsubscribeAsync),
    ];

    private async Task<GetConfigurationResponse> GetAsync(GetConfigurationRequest request, GrpcCall call)
    {
        var items = DaprService.ValueOf(await stores.GetAsync(request.StoreName, request.Keys, call.Cancelled));
        var response = new GetConfigurationResponse();
        Add(response.Items, items ?? new Dictionary<string, Stored>());
        return response;
    }

    /// <summary>First the id alone, then every change, until the client goes away or unsubscribes by the id, or the sidecar stops.</summary>
    private async Task SubscribeAsync(SubscribeConfigurationRequest request, GrpcCall call)
    {
        var id = RandomId.NewUuid();
        using var updates = new Updates();
        DaprService.ThrowIf(
            (await stores.SubscribeStreamAsync(request.StoreName, request.Keys, id, updates.HandleAsync, updates, call.Cancelled)).Error);
        try
        {
            call.Write(new SubscribeConfigurationResponse { Id = id });
            await call.FlushAsync();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled, lifetime.ApplicationStopping);
            await foreach (var changed in updates.All.ReadAllAsync(ended.Token))
            {
                var response = new SubscribeConfigurationResponse { Id = id };
                Add(response.Items, changed);
                call.Write(response);
                await call.FlushAsync();
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !call.Cancelled.IsCancellationRequested)
        {
            // A sidecar that stops ends its streams without an error, as daprd does.
            return;
        }
        finally
        {
            stores.TryUnsubscribe(request.StoreName, id);
        }
    }

    /// <summary>Ends the stream of the id; the store's name means nothing. An unknown id is no error of the call.</summary>
    private Task<UnsubscribeConfigurationResponse> UnsubscribeAsync(UnsubscribeConfigurationRequest request, GrpcCall call)
    {
        var found = stores.TryUnsubscribe(request.Id);
        return Task.FromResult(new UnsubscribeConfigurationResponse
        {
            Ok = found,
            Message = found ? "" : ConfigurationStoreErrors.UnsubscribeStreamText(request.Id),
        });
    }

    private static void Add(MapField<string, ConfigurationItem> items, IReadOnlyDictionary<string, Stored> found)
    {
        foreach (var (key, item) in found)
        {
            items.Add(key, new ConfigurationItem { Value = item.Value, Version = item.Version, Metadata = { item.Metadata.ToDictionary() } });
        }
    }

    /// <summary>The changes between the store and the stream. The store waits while the client is slow, as it would for an app.</summary>
    private sealed class Updates : IDisposable
    {
        private readonly Channel<IReadOnlyDictionary<string, Stored>> _changes = Channel.CreateBounded<IReadOnlyDictionary<string, Stored>>(16);

        public ChannelReader<IReadOnlyDictionary<string, Stored>> All => _changes.Reader;

        public async Task HandleAsync(IReadOnlyDictionary<string, Stored> changed, CancellationToken cancellationToken)
        {
            while (await _changes.Writer.WaitToWriteAsync(cancellationToken) && !_changes.Writer.TryWrite(changed))
            {
            }
        }

        public void Dispose() => _changes.Writer.TryComplete();
    }
}
