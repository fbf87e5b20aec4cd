#lang racket/base
;; Messages of the protocol, version 1: build them, check them, and their limits.
;;
;; Twin of python/architecto/messages.py: same names, same order, same bytes. The specification is
;; protocol/README.md. A message is two frames: a JSON header and a UTF-8 body of lines. Fractions
;; are only written by agents, so this side only reads them.
;;
;; A Header is a hasheq from symbols to JSON values, as the json library reads them.

(provide version header-limit body-limit indices-limit integer-limit
         fields requests statuses outcomes codes
         (struct-out exn:fail:message)
         build to-json parse check
         write-choice-line parse-choices parse-scores)

(require json racket/list racket/string)

(define version 1)
(define header-limit (* 64 1024))         ; bytes
(define body-limit (* 16 1024 1024))      ; bytes
(define indices-limit 4096)               ; indices in one list of a header
(define integer-limit (sub1 (expt 2 53))) ; the largest integer every JSON reader keeps exact

;; Every type of message: its fields in the order in which they are written, each with the kind of
;; its value (see `kind-of`). "?" marks an optional field.
(define fields
  (hash
   "hello" '((id integer) (session name) (engine string) (space string) (input shape)
             (classes integer))
   "hello_reply" '((id integer) (session name) (agent string) (scorer string) (seed integer)
                   (episode integer) (deadline_s number))
   "choose" '((id integer) (session name) (episode integer) (step integer)
              (candidates candidates) (closed indices))
   "choose_reply" '((id integer) (session name) (index integer) (scorer string)
                    (explored boolean))
   "answer" '((id integer) (session name) (episode integer) (step integer) (index integer)
              (parameters? integer) (table_key? string))
   "answer_reply" '((id integer) (session name) (status status) (reward? number))
   "episode_end" '((id integer) (session name) (episode integer) (outcome outcome))
   "episode_end_reply" '((id integer) (session name) (episode? integer))
   "scores" '((id integer) (session name) (candidates candidates))
   "scores_reply" '((id integer) (session name) (scorer string))
   "use_scorer" '((id integer) (session name) (scorer string))
   "use_scorer_reply" '((id integer) (session name) (scorer string))
   "shutdown" '((id integer) (session name) (reason? string))
   "shutdown_reply" '((id integer) (session name))
   "working" '((id integer) (session name) (deadline_s number))
   "reward" '((session name) (trial integer) (reward number))
   "error" '((id? integer) (session? name) (code code) (message string) (choices? indices))))

;; The types that an engine sends; every other type is sent by the agent.
(define requests '("hello" "choose" "answer" "episode_end" "scores" "use_scorer" "shutdown"))

(define statuses '("queued" "held" "known"))
(define outcomes '("answer" "exhausted" "limit"))
(define codes
  '("bad_frames" "bad_header" "bad_body" "too_large" "wrong_version" "unknown_type"
    "unknown_session" "unknown_choices" "scorer_failed" "refused"))

;; A message that breaks the protocol: code (one of `codes`), what could be read of the header.
(struct exn:fail:message exn:fail (code header))

(define (message-error code text [header #hasheq()])
  (raise (exn:fail:message text (current-continuation-marks) code header)))

;; build : string (cons symbol value) ... -> bytes
;; The header of a message: JSON without spaces, keys in the order of `fields`.
(define (build type . pairs)
  (define given (make-immutable-hasheq pairs))
  (define known (map first (fields-of type)))
  (for ([key (in-list (map car pairs))] #:unless (memq key known))
    (message-error "bad_header" (format "~a has no field ~a" type key)))
  (define header (hash-set* given 'v version 'type type))
  (check header)
  (define encoded
    (to-json-object
     (for/list ([key (in-list (list* 'v 'type known))] #:when (hash-has-key? header key))
       (cons key (hash-ref header key)))))
  (when (> (bytes-length encoded) header-limit)
    (message-error "too_large" (limit-text "header" (bytes-length encoded) header-limit)))
  encoded)

(define (to-json-object pairs)
  (define out (open-output-bytes))
  (write-char #\{ out)
  (for ([pair (in-list pairs)] [i (in-naturals)])
    (unless (zero? i) (write-char #\, out))
    (write-json (symbol->string (car pair)) out)
    (write-char #\: out)
    (write-bytes (to-json (cdr pair)) out))
  (write-char #\} out)
  (get-output-bytes out))

;; JSON as both sides write it: no spaces, UTF-8, only control characters escaped. The order of
;; keys inside a nested object is Racket's own; the protocol has no nested objects.
(define (to-json value) (jsexpr->bytes value))

;; parse : (listof bytes) -> header bytes
;; Header and body of a received message; raises exn:fail:message if it breaks the protocol.
(define (parse frames)
  (unless (= (length frames) 2)
    (message-error "bad_frames"
                   (format "got ~a frames, expected 2: header and body" (length frames))))
  (define header-frame (first frames))
  (define body (second frames))
  (when (> (bytes-length header-frame) header-limit)
    (message-error "too_large" (limit-text "header" (bytes-length header-frame) header-limit)))
  (define header (read-header header-frame))
  (unless (hash? header)
    (message-error "bad_header" "the header is not a JSON object"))
  (check header)
  (when (> (bytes-length body) body-limit)
    (message-error "too_large" (limit-text "body" (bytes-length body) body-limit) header))
  (values header body))

(define (read-header frame)
  (define in (open-input-bytes frame))
  (define header
    (with-handlers ([exn:fail:read? (λ (_) eof)])
      (if (bytes-utf-8-length frame) (read-json in) eof)))
  (when (or (eof-object? header) (not (regexp-match? #px"^\\s*$" in)))
    (message-error "bad_header" "the header is not JSON"))
  header)

;; Raises exn:fail:message unless every field of the header's type is there and of its kind.
;; Unknown fields are ignored; an unknown type is refused by name.
(define (check header)
  (define v (hash-ref header 'v #f))
  (define type (hash-ref header 'type #f))
  (when (kind-of 'integer v)
    (message-error "bad_header" "field v is missing or no integer: expected 1" header))
  (unless (= v version)
    (message-error "wrong_version"
                   (format "got version ~a, expected ~a: update one side" v version) header))
  (unless (string? type)
    (message-error "bad_header" "field type is missing or no string" header))
  (unless (hash-has-key? fields type)
    (message-error "unknown_type" (format "unknown message type ~a" (shown type)) header))
  (for ([field (in-list (fields-of type))])
    (define-values (name kind required?) (apply values field))
    (cond
      [(hash-has-key? header name)
       (define expected (kind-of kind (hash-ref header name)))
       (when expected
         (message-error "bad_header"
                        (format "~a: field ~a is ~a, expected ~a"
                                type name (shown (hash-ref header name)) expected)
                        header))]
      [required?
       (message-error "bad_header" (format "~a: field ~a is missing" type name) header)])))

;; One new choice as a line of a body: INDEX PARENT TEXT, parent - at the root. The text is bytes
;; and is copied to the port as it is.
(define (write-choice-line index parent text out)
  (write-string (number->string index) out)
  (write-char #\space out)
  (write-string (if parent (number->string parent) "-") out)
  (write-char #\space out)
  (write-bytes text out)
  (void))

;; The new choices of a body: (list index parent-or-#f text) a line, in their order.
(define (parse-choices body)
  (for/list ([line (in-list (lines-of body))] [number (in-naturals 1)])
    (define parts (regexp-match #px#"^([0-9]{1,15}) (-|[0-9]{1,15}) (.+)$" line))
    (unless parts
      (message-error "bad_body" (format "line ~a is not INDEX PARENT TEXT" number)))
    (list (bytes->integer (second parts))
          (and (not (equal? (third parts) #"-")) (bytes->integer (third parts)))
          (fourth parts))))

;; The body of a scores_reply: (listof (cons index flonum)).
(define (parse-scores body)
  (for/list ([line (in-list (lines-of body))] [number (in-naturals 1)])
    (define parts
      (regexp-match
       #px#"^([0-9]{1,15}) (-?[0-9]{1,40}(?:\\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,3})?)$" line))
    (define score
      (and parts (exact->inexact (string->number (bytes->string/latin-1 (third parts)) 10))))
    (unless (and score (rational? score))
      (message-error "bad_body" (format "line ~a is not INDEX SCORE" number)))
    (cons (bytes->integer (second parts)) score)))

;; Each field of a type as (list name kind required?).
(define (fields-of type)
  (hash-ref parsed-fields type
            (λ () (message-error "unknown_type" (format "unknown message type ~a" (shown type))))))

(define parsed-fields
  (for/hash ([(type type-fields) (in-hash fields)])
    (values type
            (for/list ([field (in-list type-fields)])
              (define text (symbol->string (first field)))
              (define optional? (string-suffix? text "?"))
              (list (if optional? (string->symbol (string-trim text "?" #:left? #f)) (first field))
                    (second field)
                    (not optional?))))))

;; #f if the value is of the kind, else what was expected, in words.
(define (kind-of kind value)
  (define (unless-good good? expected) (and (not good?) expected))
  (case kind
    [(integer) (unless-good (index? value) "an integer from 0 to 2^53 - 1")]
    [(number) (unless-good (and (real? value) (<= (abs value) integer-limit))
                           "a number of at most 2^53 - 1")]
    [(boolean) (unless-good (boolean? value) "true or false")]
    [(string) (unless-good (and (string? value) (<= (string-length value) 1000))
                           "a string up to 1000 long")]
    [(name) (unless-good (and (string? value) (regexp-match? #px"^[A-Za-z0-9._-]{1,64}$" value))
                         "1 to 64 of letters, digits, dot, underscore, hyphen")]
    [(shape) (unless-good (and (list? value) (= (length value) 3) (andmap index? value))
                          "[channels,height,width]")]
    [(indices) (unless-good (indices? value)
                            (format "a list of up to ~a indices" indices-limit))]
    [(candidates) (unless-good (or (equal? value "all") (and (indices? value) (pair? value)))
                               (format "\"all\" or a list of 1 to ~a indices" indices-limit))]
    [(status) (one-of value statuses)]
    [(outcome) (one-of value outcomes)]
    [(code) (one-of value codes)]))

(define (one-of value words)
  (and (not (member value words)) (string-append "one of " (string-join words ", "))))

(define (index? value) (and (exact-integer? value) (<= 0 value integer-limit)))

(define (indices? value)
  (and (list? value) (<= (length value) indices-limit) (andmap index? value)))

(define (bytes->integer digits) (string->number (bytes->string/latin-1 digits) 10))

(define (lines-of body)
  (unless (bytes-utf-8-length body)
    (message-error "bad_body" "the body is not UTF-8"))
  (if (equal? body #"") '() (regexp-split #rx#"\n" body)))

(define (limit-text frame got limit)
  (format "the ~a has ~a bytes, the limit is ~a" frame got limit))

(define (shown value)
  (define text (format "~s" value))
  (if (<= (string-length text) 60) text (string-append (substring text 0 57) "...")))
