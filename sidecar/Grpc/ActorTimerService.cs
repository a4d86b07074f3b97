using Google.Protobuf.WellKnownTypes;
using Sidecar.Actors;
using Sidecar.Actors.Schedules;
using Sidecar.Actors.Timers;
using Sidecar.Grpc.DaprApi;
using Sidecar.Http.Errors;

namespace Sidecar.Grpc;

/// <summary>Timers over gRPC (dapr-contract.md 10.3).</summary>
internal sealed class ActorTimerService(ActorTimers timers, Actors.ActorRuntime runtime) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("RegisterActorTimer", RegisterActorTimerRequest.Parser, (request, _) => RegisterAsync(request)),
        DaprService.Unary("UnregisterActorTimer", UnregisterActorTimerRequest.Parser, (request, _) => UnregisterAsync(request)),
    ];

    private Task<Empty> RegisterAsync(RegisterActorTimerRequest request)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        return ActorCalls.RunAsync(ActorErrors.TimerCreate, () =>
        {
            runtime.DemandStore();
            ActorCalls.CheckName(request.Name);
            var times = new ScheduleRequest(request.DueTime, request.Period, request.Ttl);
            timers.Set(actor, new TimerRequest(request.Name, times, ActorCalls.ToJson(request.Data.Span), request.Callback));
            return Task.FromResult(new Empty());
        });
    }

    private Task<Empty> UnregisterAsync(UnregisterActorTimerRequest request)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        return ActorCalls.RunAsync(ActorErrors.TimerCreate, () =>
        {
            runtime.DemandStore();
            timers.Remove(actor, request.Name);
            return Task.FromResult(new Empty());
        });
    }
}
