using System.Buffers;
using Sidecar.Host;
using Sidecar.Invocation;
using Sidecar.Resiliency;
using Sidecar.Tracing;

namespace Sidecar.Grpc.Proxy;

/// <summary>
/// Calls of services that are not the sidecar's own go to the app that the metadata names (dapr-contract.md 7.2): bytes pass
/// as they are, in both directions at once, with headers, trailers, deadline and cancellation.
/// </summary>
internal sealed class GrpcProxy(SidecarOptions options, AppInvoker invoker, SidecarTracing tracing)
{
    private const int PieceSize = 16 * 1024;

    private long Limit => options.MaxBodySizeBytes > 0 ? options.MaxBodySizeBytes : int.MaxValue;

    public async Task ServeAsync(GrpcCall call, string rawPath)
    {
        var appId = AppIdOf(call);
        var path = TargetPath.Normalize(rawPath, out var invalid) is { } method ? $"/{method}" : throw new GrpcException(GrpcStatusCode.InvalidArgument, invalid);
        using var span = call.StartSpan(tracing.Source, path);
        var proxied = new ProxiedCall(call, path, new InvocationIdentity(options.AppId, options.Namespace, appId.Split('.')[0]), Limit);
        try
        {
            using var answer = await invoker.InvokeAsync(appId, path, proxied, call.Cancelled);
            await RelayAsync(answer, call);
        }
        catch (Exception failure) when (failure is not GrpcException && proxied.Fault is { } fault)
        {
            throw new GrpcException(fault.Status, fault.Message, failure);
        }
        catch (AppNotFoundException missing)
        {
            throw new GrpcException(GrpcStatusCode.Unknown, missing.Message, missing);
        }
        catch (InvocationRefusedException refused)
        {
            throw new GrpcException(refused.Code, refused.Message, refused);
        }
        catch (TimeoutException late)
        {
            throw new GrpcException(GrpcStatusCode.DeadlineExceeded, late.Message, late);
        }
        catch (CircuitBreakerOpenException open)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, open.Message, open);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException && !call.Cancelled.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"connection error: {broken.Message}", broken);
        }
    }

    private static string AppIdOf(GrpcCall call)
    {
        var appId = call.Metadata(HeaderRules.AppId) is { Length: > 0 } named ? named : call.Metadata(HeaderRules.CalleeAppId);
        return string.IsNullOrEmpty(appId)
            ? throw new GrpcException(GrpcStatusCode.Unknown, "failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found")
            : appId;
    }

    private async Task RelayAsync(HttpResponseMessage answer, GrpcCall call)
    {
        GrpcReply.Check(answer);
        call.CopyHead(answer);
        if (GrpcReply.StatusIn(answer.Headers) is not null)
        {
            await call.EndAsync(answer.Headers);
            return;
        }

        await CopyMessagesAsync(answer, call);
        await call.EndAsync(GrpcReply.StatusIn(answer.TrailingHeaders) is not null
            ? answer.TrailingHeaders
            : throw new GrpcException(GrpcStatusCode.Internal, "server closed the stream without sending trailers"));
    }

    private async Task CopyMessagesAsync(HttpResponseMessage answer, GrpcCall call)
    {
        // The server may say nothing for long; its headers alone tell the client that the stream is open.
        await call.StartAsync();
        var gauge = new FrameGauge(Limit);
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(call.Cancelled);
            while (await body.ReadAsync(piece, call.Cancelled) is > 0 and var count)
            {
                gauge.Feed(piece.AsSpan(0, count));
                await call.WriteAsync(piece.AsMemory(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
