using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Sidecar.Host;
using Sidecar.Invocation;

namespace Sidecar.NameResolution;

/// <summary>
/// The internal port: calls of sidecars in other processes for this one's app, and nothing else. Whoever does not know the secret is
/// turned away, and no route of the API can be reached here.
/// </summary>
internal static class PeerEndpoint
{
    private const int PieceSize = 16 * 1024;

    private static readonly object Mark = new();

    /// <summary>Marks the connections of a port as those of peers.</summary>
    public static void ForPeers(this ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.Use(next => connection =>
        {
            connection.Items[Mark] = Mark;
            return next(connection);
        });
    }

    public static IApplicationBuilder UsePeers(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        var secret = Encoding.ASCII.GetBytes(services.GetRequiredService<Peers>().Secret);
        var options = services.GetRequiredService<SidecarOptions>();
        return app.Use((context, next) => context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true
            ? ServeAsync(context, secret, options, services.GetService<LocalApp>())
            : next(context));
    }

    private static async Task ServeAsync(HttpContext context, byte[] secret, SidecarOptions options, LocalApp? app)
    {
        var cancellationToken = context.RequestAborted;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers[SidecarHeaders.Secret].ToString()), secret))
        {
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, PeerFault.Stranger, "");
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        try
        {
            using var request = ToRequest(context, options);
            using var answer = await (app ?? throw new HttpRequestException("app channel is not initialized")).SendAsync(request, cancellationToken);
            await RelayAsync(answer, context, cancellationToken);
        }
        catch (InvocationRefusedException refused) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, StatusCodes.Status502BadGateway, ((int)refused.Code).ToString(CultureInfo.InvariantCulture), refused.Message);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or UriFormatException && !cancellationToken.IsCancellationRequested)
        {
            if (context.Response.HasStarted)
            {
                // Half an answer must not look like a whole one.
                context.Abort();
                return;
            }

            await RefuseAsync(context, StatusCodes.Status502BadGateway, PeerFault.App, failure.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            context.Abort();
        }
    }

    private static HttpRequestMessage ToRequest(HttpContext context, SidecarOptions options)
    {
        var incoming = context.Request;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var isProxied = incoming.Headers.ContainsKey(SidecarHeaders.Proxied);
        var limit = options.MaxBodySizeBytes > 0 && !isProxied ? options.MaxBodySizeBytes : (long?)null;
        if (incoming.ContentLength > limit)
        {
            throw new HttpRequestException(RelayedContent.TooLarge);
        }

        var hasBody = incoming.ContentLength is > 0 || (incoming.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true });
        var request = new HttpRequestMessage(new HttpMethod(incoming.Method), new Uri(target, UriKind.Relative))
        {
            Content = hasBody ? new RelayedContent(incoming.Body, incoming.ContentLength, limit) : null,
        };
        foreach (var (name, values) in incoming.Headers)
        {
            if (name.StartsWith(':') || IsOfThisHop(name))
            {
                continue;
            }

            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return request;
    }

    private static bool IsOfThisHop(string name) =>
        name.Equals("host", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-length", StringComparison.OrdinalIgnoreCase)
        || name.Equals(SidecarHeaders.Secret, StringComparison.OrdinalIgnoreCase);

    private static async Task RelayAsync(HttpResponseMessage answer, HttpContext context, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        var connection = answer.Headers.NonValidated.TryGetValues("Connection", out var values) ? values.ToArray() : [];
        var nominated = HeaderRules.NominatedBy(connection);
        foreach (var (name, value) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (HeaderRules.GoesToCaller(name, nominated) || SidecarHeaders.Has(name))
            {
                response.Headers[name] = value.ToArray();
            }
        }

        await response.StartAsync(cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            while (await body.ReadAsync(piece, cancellationToken) is > 0 and var count)
            {
                await response.Body.WriteAsync(piece.AsMemory(0, count), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        foreach (var (name, value) in answer.TrailingHeaders.NonValidated)
        {
            response.AppendTrailer(name, value.ToArray());
        }
    }

    private static async Task RefuseAsync(HttpContext context, int status, string fault, string message)
    {
        context.Response.StatusCode = status;
        context.Response.Headers[SidecarHeaders.Fault] = fault;
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(message), context.RequestAborted);
    }
}
