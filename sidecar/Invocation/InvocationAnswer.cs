using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Sidecar.Invocation;

/// <summary>Passes the app's answer back to the caller as it arrives.</summary>
internal static class InvocationAnswer
{
    private const int PieceSize = 16 * 1024;

    /// <summary>False when the app's answer broke off after its status had gone to the caller.</summary>
    public static async Task<bool> RelayAsync(HttpResponseMessage answer, HttpContext context, CancellationToken cancellationToken)
    {
        CopyHead(answer, context.Response);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (answer.Content.Headers.ContentLength is null && !HttpMethods.IsHead(context.Request.Method))
        {
            // An event stream may say nothing for minutes; its caller is to know at once that it is open.
            await context.Response.StartAsync(cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            while (await ReadAsync(body, piece, cancellationToken) is > 0 and var count)
            {
                // The server sends each write on at once.
                await context.Response.Body.WriteAsync(piece.AsMemory(0, count), cancellationToken);
            }

            return true;
        }
        catch (BrokenAnswerException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static void CopyHead(HttpResponseMessage answer, HttpResponse response)
    {
        response.StatusCode = (int)answer.StatusCode;
        var connection = answer.Headers.NonValidated.TryGetValues("Connection", out var values) ? values.ToArray() : [];
        var nominated = HeaderRules.NominatedBy(new StringValues(connection));
        foreach (var (name, value) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            // The trace of this answer is the one that this sidecar began.
            if (HeaderRules.GoesToCaller(name, nominated)
                && !(name.Equals("traceparent", StringComparison.OrdinalIgnoreCase) && response.Headers.TraceParent.Count > 0))
            {
                response.Headers[name] = value.ToArray();
            }
        }
    }

    private static async Task<int> ReadAsync(Stream body, Memory<byte> piece, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(piece, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new BrokenAnswerException(exception);
        }
    }

    private sealed class BrokenAnswerException(Exception inner) : Exception(inner.Message, inner);
}
