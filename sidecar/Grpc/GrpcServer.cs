using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Sidecar.Grpc;

/// <summary>
/// gRPC on Kestrel without a gRPC library: finds the method, checks the API token, runs the handler and turns what
/// it throws into the call's status.
/// </summary>
/// <param name="proxy">Takes the calls of methods that are not served here, and ends them itself unless it throws.</param>
internal sealed partial class GrpcServer(
    IEnumerable<GrpcMethod> methods,
    string? apiToken,
    long maxMessageBytes,
    TimeProvider clock,
    ILogger<GrpcServer> logger,
    ActivitySource? traces = null,
    Func<GrpcCall, string, Task>? proxy = null)
{
    private readonly Dictionary<string, GrpcMethod> _methods = methods.ToDictionary(method => method.Path, StringComparer.Ordinal);

    private readonly byte[]? _apiToken = apiToken is null ? null : Encoding.UTF8.GetBytes(apiToken);

    public async Task ServeAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        // These limits count bytes of the whole body and bytes per second; a stream has neither end nor pace.
        // The size of one message is what is limited here.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
        {
            bodySize.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } dataRate)
        {
            dataRate.MinDataRate = null;
        }

        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-accept-encoding"] = "identity,gzip";
        using var call = new GrpcCall(http, maxMessageBytes, clock);
        await RunAsync(call, http.Request.Path.Value ?? "");
    }

    private async Task RunAsync(GrpcCall call, string path)
    {
        try
        {
            Authenticate(call);
            if (_methods.TryGetValue(path, out var method))
            {
                await RunAsync(method, call);
                await call.EndAsync(GrpcStatusCode.Ok, "");
            }
            else
            {
                await (proxy ?? Refuse)(call, path);
            }
        }
        catch (GrpcException error)
        {
            if (error.ErrorCode is { } errorCode)
            {
                call.CountError(errorCode);
            }

            await EndAsync(call, error.Status, error.Message, error.Details);
        }
        catch (Exception error) when (call.DeadlineExceeded && error is OperationCanceledException)
        {
            await EndAsync(call, GrpcStatusCode.DeadlineExceeded, "context deadline exceeded");
        }
        catch (Exception error) when (call.ClientGone && error is OperationCanceledException or IOException)
        {
            // Nobody is left to read a status.
            LogClientGone(logger, path);
        }
#pragma warning disable CA1031 // The outermost frame of a call: whatever a handler throws must become its status, as in every gRPC server.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(logger, path, error);
            await EndAsync(call, GrpcStatusCode.Unknown, error.Message);
        }
    }

    private static async Task EndAsync(
        GrpcCall call, GrpcStatusCode status, string message, IReadOnlyList<IMessage>? details = null)
    {
        if (!call.ClientGone)
        {
            await call.EndAsync(status, message, details);
        }
    }

    private async Task RunAsync(GrpcMethod method, GrpcCall call)
    {
        using var span = method.IsTraced && traces is not null ? call.StartSpan(traces, method.Path) : null;
        try
        {
            await method.Handler(call);
        }
        catch (Exception error)
        {
            span?.SetTag("rpc.grpc.status_code", (int)((error as GrpcException)?.Status ?? GrpcStatusCode.Unknown));
            span?.SetStatus(ActivityStatusCode.Error, error.Message);
            throw;
        }
    }

    private static Task Refuse(GrpcCall call, string path) => throw new GrpcException(GrpcStatusCode.Unimplemented, $"unknown method {path}");

    private void Authenticate(GrpcCall call)
    {
        if (_apiToken is null)
        {
            return;
        }

        var given = call.Metadata("dapr-api-token")
            ?? throw new GrpcException(GrpcStatusCode.Unauthenticated, "missing api token in request metadata");
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _apiToken))
        {
            throw new GrpcException(GrpcStatusCode.Unauthenticated, "authentication error: api token mismatch");
        }
    }

    [LoggerMessage(LogLevel.Debug, "The client of {Method} went away")]
    private static partial void LogClientGone(ILogger logger, string method);

    [LoggerMessage(LogLevel.Error, "{Method} failed")]
    private static partial void LogFailed(ILogger logger, string method, Exception error);
}
