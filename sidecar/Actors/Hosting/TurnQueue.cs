namespace Sidecar.Actors.Hosting;

/// <summary>
/// The turns of one actor: one at a time, in the order they came. With reentrancy a call that belongs to the chain of a
/// turn, in hand or still waiting, joins that turn, or it would wait for a turn that waits for it.
/// </summary>
/// <param name="maxStackDepth">Calls of one chain at the same time; null: no reentrancy.</param>
internal sealed class TurnQueue(int? maxStackDepth)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Turn> _turns = [];
    private TaskCompletionSource? _idle;
    private bool _isClosed;

    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _turns.Count == 0;
            }
        }
    }

    /// <summary>
    /// Waits for the turn; disposing what is returned ends it. Throws <see cref="ActorException"/>: Moved once the actor
    /// is leaving, StackDepth for a chain that goes too deep.
    /// </summary>
    public async Task<IDisposable> EnterAsync(string? chain, CancellationToken cancellationToken)
    {
        Turn turn;
        lock (_gate)
        {
            turn = Join(chain) ?? Append(chain);
        }

        try
        {
            await turn.Started.WaitAsync(cancellationToken);
        }
        catch
        {
            Leave(turn);
            throw;
        }

        return new Place(this, turn);
    }

    /// <summary>Lets nobody in any more if nobody is in; false otherwise.</summary>
    public bool TryClose()
    {
        lock (_gate)
        {
            return _turns.Count == 0 && (_isClosed = true);
        }
    }

    /// <summary>Lets no new turn begin and turns away those that wait. A chain may still come back to the turn in hand.</summary>
    /// <returns>Completes when that turn has ended.</returns>
    public Task CloseAsync()
    {
        List<Turn> waiting;
        lock (_gate)
        {
            _isClosed = true;
            waiting = [.. _turns.Skip(1)];
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_turns.Count == 0)
            {
                _idle.TrySetResult();
            }
        }

        waiting.ForEach(turn => turn.TurnAway());
        return _idle.Task;
    }

    private Turn? Join(string? chain)
    {
        if (maxStackDepth is not { } limit || chain is null || _turns.FirstOrDefault(turn => turn.Chain == chain) is not { } turn)
        {
            return null;
        }

        if (turn.Depth == limit)
        {
            throw new ActorException(ActorFault.StackDepth, "maximum stack depth exceeded");
        }

        turn.Depth++;
        return turn;
    }

    private Turn Append(string? chain)
    {
        if (_isClosed)
        {
            throw ActorException.Moved();
        }

        var turn = new Turn(chain);
        _turns.AddLast(turn);
        if (_turns.Count == 1)
        {
            turn.Start();
        }

        return turn;
    }

    private void Leave(Turn turn)
    {
        lock (_gate)
        {
            if (--turn.Depth > 0)
            {
                return;
            }

            var wasFirst = _turns.First?.Value == turn;
            _turns.Remove(turn);
            if (_turns.Count == 0)
            {
                _idle?.TrySetResult();
            }
            else if (wasFirst)
            {
                _turns.First!.Value.Start();
            }
        }
    }

    private sealed class Turn(string? chain)
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Chain => chain;

        public int Depth { get; set; } = 1;

        public Task Started => _started.Task;

        public void Start() => _started.TrySetResult();

        public void TurnAway() => _started.TrySetException(ActorException.Moved());
    }

    private sealed class Place(TurnQueue queue, Turn turn) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                queue.Leave(turn);
            }
        }
    }
}
