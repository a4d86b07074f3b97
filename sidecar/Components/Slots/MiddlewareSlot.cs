using Sidecar.Components.Middleware;

namespace Sidecar.Components.Slots;

internal sealed class MiddlewareSlot(string name, IHttpMiddleware first) : ComponentSlot<IHttpMiddleware>(name, first), IHttpMiddleware
{
    public BodyChange? RequestChange => Current.RequestChange;

    public BodyChange? AnswerChange => Current.AnswerChange;

    public async ValueTask<MiddlewareAnswer?> CheckAsync(MiddlewareRequest request, CancellationToken cancellationToken)
    {
        using var use = Enter(out var step);
        return await step.CheckAsync(request, cancellationToken);
    }
}
