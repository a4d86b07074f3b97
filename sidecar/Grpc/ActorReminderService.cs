using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Actors;
using Sidecar.Actors.Reminders;
using Sidecar.Actors.Schedules;
using Sidecar.Grpc.DaprApi;
using Sidecar.Http.Errors;

namespace Sidecar.Grpc;

/// <summary>Reminders over gRPC (dapr-contract.md 10.3).</summary>
internal sealed class ActorReminderService(ActorRouter router) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        DaprService.Unary("RegisterActorReminder", RegisterActorReminderRequest.Parser, RegisterAsync),
        DaprService.Unary("UnregisterActorReminder", UnregisterActorReminderRequest.Parser, UnregisterAsync),
        DaprService.Unary("UnregisterActorRemindersByType", UnregisterActorRemindersByTypeRequest.Parser, UnregisterByTypeAsync),
        DaprService.Unary("GetActorReminder", GetActorReminderRequest.Parser, GetAsync),
        DaprService.Unary("ListActorReminders", ListActorRemindersRequest.Parser, ListAsync),
    ];

    private Task<Empty> RegisterAsync(RegisterActorReminderRequest request, GrpcCall call)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        if (request.Name.Length == 0)
        {
            throw DaprService.ToException(ActorErrors.BadRequest("reminder name cannot be empty"));
        }

        ActorCalls.CheckName(request.Name);
        var reminder = new ReminderRequest(
            request.Name,
            new ScheduleRequest(request.DueTime, request.Period, request.Ttl),
            ActorCalls.ToJson(request.Data.Span),
            FailurePolicyMessage.Read(request.FailurePolicy) ?? FailurePolicy.Default,
            !request.HasOverwrite || request.Overwrite);
        return ActorCalls.RunAsync(ActorErrors.ReminderCreate, async () =>
        {
            await router.SetReminderAsync(actor, reminder, isChosen: false, call.Cancelled);
            return new Empty();
        });
    }

    /// <summary>One that is not there is no error.</summary>
    private Task<Empty> UnregisterAsync(UnregisterActorReminderRequest request, GrpcCall call)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        return ActorCalls.RunAsync(ActorErrors.ReminderDelete, async () =>
        {
            await router.DeleteReminderAsync(actor, request.Name, isChosen: false, call.Cancelled);
            return new Empty();
        });
    }

    private Task<UnregisterActorRemindersByTypeResponse> UnregisterByTypeAsync(UnregisterActorRemindersByTypeRequest request, GrpcCall call)
    {
        var type = ActorCalls.Actor(request.ActorType, "").Type;
        return ActorCalls.RunAsync(ActorErrors.ReminderDelete, async () =>
        {
            foreach (var reminder in await router.RemindersAsync(type, request.HasActorId ? request.ActorId : null, call.Cancelled))
            {
                await router.DeleteReminderAsync(reminder.Actor, reminder.Name, isChosen: false, call.Cancelled);
            }

            return new UnregisterActorRemindersByTypeResponse();
        });
    }

    private Task<GetActorReminderResponse> GetAsync(GetActorReminderRequest request, GrpcCall call)
    {
        var actor = ActorCalls.Actor(request.ActorType, request.ActorId);
        return ActorCalls.RunAsync(ActorErrors.ReminderGet, async () =>
        {
            var reminder = await router.ReminderAsync(actor, request.Name, call.Cancelled)
                ?? throw DaprService.ToException(ActorErrors.ReminderNotFound(request.Name));

            // Both messages have the same fields.
            return GetActorReminderResponse.Parser.ParseFrom(ToMessage(reminder).ToByteString());
        });
    }

    private Task<ListActorRemindersResponse> ListAsync(ListActorRemindersRequest request, GrpcCall call)
    {
        var type = ActorCalls.Actor(request.ActorType, "").Type;
        return ActorCalls.RunAsync(ActorErrors.ReminderGet, async () =>
        {
            var reminders = await router.RemindersAsync(type, request.HasActorId ? request.ActorId : null, call.Cancelled);
            return new ListActorRemindersResponse
            {
                Reminders = { reminders.Select(reminder => new NamedActorReminder { Name = reminder.Name, Reminder = ToMessage(reminder) }) },
            };
        });
    }

    // The data as daprd keeps it: JSON, whichever protocol it came by.
    private static ActorReminder ToMessage(Reminder reminder)
    {
        var message = new ActorReminder { ActorType = reminder.Actor.Type, ActorId = reminder.Actor.Id };
        if (reminder.Times.DueTime is { Length: > 0 } dueTime)
        {
            message.DueTime = dueTime;
        }

        if (reminder.ShownPeriod is { } period)
        {
            message.Period = period;
        }

        if (reminder.ShownTtl is { } ttl)
        {
            message.Ttl = ttl;
        }

        if (!reminder.Data.IsEmpty)
        {
            message.Data = Any.Pack(new BytesValue { Value = ByteString.CopyFrom(reminder.Data.Span) });
        }

        return message;
    }
}
